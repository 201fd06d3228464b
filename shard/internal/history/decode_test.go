package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const testLine = `{"format":"gotestshard timings","version":1,"packages":{"p":{"seen":"2026-01-02","tests":{"TestA":%s}}}}`

func TestDecodeRefuses(t *testing.T) {
	whole := func(packages string) string {
		return `{"format": "gotestshard timings", "version": 1, "packages": ` + packages + `}`
	}
	test := func(record string) string { return fmt.Sprintf(testLine, record) }
	sampled := func(ms string) string { return test(`{"seen": "2026-01-02", "ms": [` + ms + `]}`) }
	for _, c := range []struct{ name, text, want string }{
		{"text", "hello", "line 1"},
		{"conflict of a merge", strings.Replace(whole("{}"), "\"packages\"", "\n<<<<<<< HEAD\n\"packages\"", 1), "line 2: found '<' instead of '\"'"},
		{"cut short", whole("{}")[:60], "too early"},
		{"cut in a string", `{"for`, "too early"},
		{"cut after a backslash", `{"for\`, "too early"},
		{"another program's", `{"name": "x"}`, "not a timing history"},
		{"another format", `{"format": "x"}`, "not a timing history"},
		{"null", "null", "found '{'|found 'n'"},
		{"empty object", "{}", "not a timing history"},
		{"no version", `{"format": "gotestshard timings"}`, "not a timing history"},
		{"newer version", `{"format": "gotestshard timings", "version": 2, "x": 1}`, "it has version 2"},
		{"version 0", `{"format": "gotestshard timings", "version": 0}`, "it has version 0"},
		{"version 1.5", `{"format": "gotestshard timings", "version": 1.5}`, "whole number"},
		{"two formats", `{"format": "gotestshard timings", "format": "gotestshard timings"}`, "unexpected key"},
		{"unknown key", whole(`{}, "x": 1`), `unexpected key "x"`},
		{"unknown key of a package", whole(`{"p": {"x": 1}}`), `unexpected key "x"`},
		{"unknown key of a test", test(`{"x": 1}`), `unexpected key "x"`},
		{"a package twice", whole(`{"p": {"seen": "2026-01-02"}, "p": {}}`), `package "p" is listed twice`},
		{"a package without name", whole(`{"": {"seen": "2026-01-02"}}`), `is not a valid name`},
		{"a package never seen", whole(`{"p": {}}`), "has no day"},
		{"a test twice", whole(`{"p": {"seen": "2026-01-02", "tests": {"T": {"seen": "2026-01-02"}, "T": {}}}}`), `test "T" is listed twice`},
		{"a test never seen", test(`{"ms": [1]}`), "has no day"},
		{"negative", sampled("-1"), "a duration of -1 ms"},
		{"NaN", sampled("NaN"), "expected a number"},
		{"infinite", sampled("Infinity"), "expected a number"},
		{"1e400", sampled("1e400"), "too large"},
		{"huge", sampled("1e300"), "a duration of 1e+300 ms"},
		{"more digits than a number has", sampled("1" + strings.Repeat("0", 10_000)), "too large"},
		{"not a JSON number", sampled("+1"), "expected a number"},
		{"a string for a number", sampled(`"1"`), "expected a number"},
		{"six samples", sampled("1,2,3,4,5,6"), "more than 5 samples"},
		{"no comma", sampled("1 2"), "instead of ','"},
		{"a comma too many", sampled("1,"), "expected a number"},
		{"an object for samples", test(`{"seen": "2026-01-02", "ms": {}}`), "instead of '['"},
		{"negative count", test(`{"seen": "2026-01-02", "missed": -1}`), "whole number"},
		{"huge count", test(`{"seen": "2026-01-02", "missed": 256}`), "whole number"},
		{"no day", test(`{"seen": "2026-02-31"}`), "is not a date"},
		{"a day before time", test(`{"seen": "0001-01-01"}`), "is not a date"},
		{"deep nesting", whole(strings.Repeat(`{"p":`, 1_000_000)), "unexpected key"},
		{"deep arrays", sampled(strings.Repeat("[", 1_000_000)), "expected a number"},
		{"text after the end", whole("{}") + "{}", "unexpected data after the end"},
		{"a line end in a string", "{\"for\nmat\": 1}", "invalid string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := decode([]byte(c.text))
			if err == nil || h != nil {
				t.Fatalf("read as %v", h)
			}
			matched := false
			for want := range strings.SplitSeq(c.want, "|") {
				matched = matched || strings.Contains(err.Error(), want)
			}
			if !matched || len(err.Error()) > 300 {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// Tools may sort keys or format JSON in their own way.
func TestDecodeReadsOtherLayouts(t *testing.T) {
	for _, text := range []string{
		`{"format":"gotestshard timings","packages":{"p":{"tests":{"TestA":{"ms":[1.50,2e0],"seen":"2026-01-02"}},"seen":"2026-01-02"}},"version":1}`,
		"{ \"format\" :\r\n\t\"gotestshard timings\" , \"version\" : 1 , \"packages\" : { \"p\" : { \"seen\" : \"2026-01-02\" , \"tests\" : {" +
			" \"Test\\u0041\" : { \"seen\" : \"2026-01-02\" , \"ms\" : [ 1.5 , 2 ] } } } } }\n\n",
	} {
		h, err := decode([]byte(text))
		if err != nil {
			t.Error(err)
			continue
		}
		if took, ok := h.Test("p", "TestA"); took != 2*ms || !ok {
			t.Errorf("%v, %v of %s", took, ok, text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(testLine, `{"seen":"2026-01-02","missed":3,"ms":[1,2.5,0,1e2]}`)))
	f.Add(history(3).encode())
	f.Add([]byte(`{"format":"gotestshard timings","version":1,"packages":{"\u00e4\\":{"seen":"2026-01-02","start":[1],"package":[0.1]}}}`))
	f.Add([]byte(`{"format":"gotestshard timings","version":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := decode(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("read what is not JSON: %q", text)
		}
		// encoding/json finds the same tests.
		var other struct {
			Packages map[string]struct {
				Tests map[string]struct{ MS []float64 }
			}
		}
		if err := json.Unmarshal(text, &other); err != nil {
			t.Fatal(err)
		}
		if len(other.Packages) != len(h.packages) {
			t.Fatalf("%d packages, want %d", len(h.packages), len(other.Packages))
		}
		for name, p := range other.Packages {
			if len(p.Tests) != len(h.packages[name].tests) {
				t.Fatalf("package %q has %d tests, want %d", name, len(h.packages[name].tests), len(p.Tests))
			}
			for test, record := range p.Tests {
				if n := int(h.packages[name].tests[test].n); n != len(record.MS) {
					t.Fatalf("%s %s has %d samples, want %d", name, test, n, len(record.MS))
				}
			}
		}
		written := h.encode()
		again, err := decode(written)
		if err != nil {
			t.Fatalf("cannot read what it wrote: %v\n%s", err, written)
		}
		if !bytes.Equal(again.encode(), written) {
			t.Fatal("does not write what it read")
		}
		h.expire(today)
		h.encodeWithin(2, 300)
	})
}

// history has n tests in packages of a hundred.
func history(n int) *History {
	h := newHistory()
	for i := range n {
		name := fmt.Sprintf("example.com/module/internal/package%d", i/100)
		p, ok := h.packages[name]
		if !ok {
			p = newPackageTimes()
			p.seen = today
			h.packages[name] = p
		}
		var s samples
		for k := range keptSamples {
			s.add(time.Duration(i*k) * 100 * time.Microsecond)
		}
		p.tests[fmt.Sprintf("TestSomethingThatMatters%d", i)] = testTimes{s, today - day(i%3), 0}
	}
	return h
}

func BenchmarkDecode100000(b *testing.B) {
	text := history(100_000).encode()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMergeAndEncode100000(b *testing.B) {
	h := history(100_000)
	r := NewRun()
	for _, t := range h.Tests() {
		r.Test(t.Package, t.Test, t.Estimate, Passed)
	}
	for b.Loop() {
		h.merge(r, today)
		h.expire(today)
		h.encodeWithin(mostTests, mostBytes)
	}
}
