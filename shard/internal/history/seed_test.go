package history

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// known prints what a run has.
func known(r *Run) string {
	h := newHistory()
	h.merge(r, today)
	var all []string
	for _, t := range h.Tests() {
		all = append(all, fmt.Sprint(t.Package, " ", t.Test, " ", t.Estimate))
	}
	for _, name := range h.Packages() {
		if took, ok := h.Package(name); ok {
			all = append(all, fmt.Sprint(name, " ", took))
		}
	}
	return strings.Join(all, ", ")
}

const (
	passA   = `{"Time":"2026-01-02T03:04:05Z","Action":"pass","Package":"m/a","Test":"TestA","Elapsed":1.5}` + "\n"
	passPkg = `{"Action":"pass","Package":"m/a","Elapsed":2}` + "\n"
	gotests = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="0" time="3.000000">
	<testsuite tests="4" failures="1" time="2.000000" name="m/a" timestamp="2026-01-02T03:04:05Z">
		<properties><property name="go.version" value="go1.26"></property></properties>
		<testcase classname="" name="TestMain" time="0.000000"><failure message="Failed" type="">FAIL</failure></testcase>
		<testcase classname="m/a" name="TestFails" time="0.500000"><failure message="Failed" type="">it failed</failure></testcase>
		<testcase classname="m/a" name="TestSkipped" time="0.000000"><skipped message="later"></skipped></testcase>
		<testcase classname="m/a" name="TestA/sub" time="1.000000"></testcase>
		<testcase classname="m/a" name="TestA" time="1.500000"></testcase>
		<testcase classname="m/a" name="FuzzF" time="0.010000"><properties><property name="failure" value="x"></property></properties></testcase>
	</testsuite>
</testsuites>
`
)

func xmlCase(class, name, time string) string {
	return fmt.Sprintf("<testsuite name=%q><testcase classname=%q name=%q time=%q/></testsuite>", class, class, name, time)
}

func TestSeed(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an event", passA, "m/a TestA 1.5s"},
		{"with its package", passA + passPkg, "m/a TestA 1.5s, m/a 2s"},
		{"without a line end, and empty lines", "\n \r\n" + passA + "\r\n\n" + strings.TrimSpace(passPkg), "m/a TestA 1.5s, m/a 2s"},
		{"with a byte order mark", "\ufeff" + passA, "m/a TestA 1.5s"},
		{"a package from the cache", passA + strings.Replace(passPkg, "2}", "0.003}", 1), "m/a TestA 1.5s"},
		{"a package that workers shared", strings.Replace(passA, "{", `{"Worker":"gw0",`, 1) + strings.Replace(passPkg, "{", `{"Worker":"gw1",`, 1),
			"m/a TestA 1.5s"},
		{"a package of one worker", strings.Replace(passA, "{", `{"Worker":"gw1",`, 1) + strings.Replace(passPkg, "{", `{"Worker":"gw1",`, 1),
			"m/a TestA 1.5s, m/a 2s"},
		{"several times in a run", passA + strings.Replace(passA, "1.5", "0.5", 1), "m/a TestA 1s"},
		{"failures, skips, subtests, benchmarks and output", strings.ReplaceAll(passA, "pass", "fail") + strings.ReplaceAll(passA, "pass", "skip") +
			strings.ReplaceAll(passA, "TestA", "TestA/sub") + strings.ReplaceAll(passA, "TestA", "BenchmarkA") +
			`{"Action":"output","Package":"m/a","Test":"TestA","Output":"--- PASS\n"}` + "\n" + `{"Action":"build-output","ImportPath":"m/a"}`, ""},
		{"no time, which is none", `{"Action":"pass","Package":"m/a","Test":"TestA"}`, "m/a TestA 0s"},
		{"a long line", `{"Action":"output","Output":"` + strings.Repeat("x", 1<<20) + "\"}\n" + passA, "m/a TestA 1.5s"},

		{"gotestsum", gotests, "m/a FuzzF 10ms, m/a TestA 1.5s"},
		{"the module itself", xmlCase("m", "TestA", "1"), "m TestA 1s"},
		{"another module of a workspace", xmlCase("example.com/other", "ExampleA", "1"), "example.com/other ExampleA 1s"},
		{"go-junit-report 1, short class names", `<testsuites><testsuite name="m/a"><testcase classname="a" name="TestA" time="0.250"></testcase></testsuite></testsuites>`,
			"m/a TestA 250ms"},
		{"suite names shortened", strings.Replace(gotests, `name="m/a"`, `name="a"`, 1), "m/a FuzzF 10ms, m/a TestA 1.5s"},
		{"nested suites", `<testsuites><testsuite name="all"><testsuite name="m/a"><testcase classname="a" name="TestA" time="1"/></testsuite>` +
			`<testcase classname="m/b" name="TestB" time="2"/></testsuite></testsuites>`, "m/a TestA 1s, m/b TestB 2s"},
		{"surefire, passed when run again", `<testsuite name="m/a"><testcase classname="m/a" name="TestA" time="1"><flakyFailure message="x">` +
			`<stackTrace/></flakyFailure><system-out>failure</system-out></testcase></testsuite>`, "m/a TestA 1s"},
		{"an error", `<testsuite name="m/a"><testcase classname="m/a" name="TestA" time="1"><error/></testcase></testsuite>`, ""},
		{"other elements inside", `<testsuite name="m/a"><testcase classname="m/a" name="TestA" time="1"><x><failure/></x></testcase></testsuite>`, "m/a TestA 1s"},
		{"no tests", `<testsuites/>`, ""},
		{"two documents", xmlCase("m/a", "TestA", "1") + xmlCase("m/b", "TestB", "2"), "m/a TestA 1s, m/b TestB 2s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{"at once": strings.NewReader(c.text), "in bytes": iotest.OneByteReader(strings.NewReader(c.text))} {
				r, err := Seed(in, []string{"m"})
				if err != nil {
					t.Fatal(err)
				}
				if got := known(r); got != c.want {
					t.Errorf("%s: got %q, want %q", how, got, c.want)
				}
			}
		})
	}
}

func TestSeedRefuses(t *testing.T) {
	event := func(elapsed string) string { return strings.Replace(passA, "1.5", elapsed, 1) }
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "it is empty"},
		{"spaces", " \n", "it is empty"},
		{"text", "ok  \tm/a\t0.1s\n", "neither go test -json nor JUnit XML"},
		{"text after events", passA + "FAIL\n", "line 2: not a go test -json event: invalid"},
		{"an event cut short", passA + passPkg[:20], "line 2: not a go test -json event: unexpected end"},
		{"other JSON", `{"a": 1}`, "line 1: not a go test -json event: it has no Action"},
		{"a timing history", string(history(2).encode()), "line 1: not a go test -json event"},
		{"a negative time", event("-1"), `line 1: package "m/a", test "TestA": a duration of -1 seconds`},
		{"too long a time", event("1e9"), "a duration of 1e+09 seconds"},
		{"1e400", event("1e400"), "not a go test -json event"},
		{"NaN", event("NaN"), "not a go test -json event"},
		{"a time of another type", event(`"1s"`), "not a go test -json event"},
		{"an invalid time of day", strings.Replace(passA, "2026-01-02T", "", 1), "not a go test -json event"},
		{"too long between run and pass", strings.NewReplacer("pass", "run", "2026", "2025").Replace(passA) + passA,
			`line 2: package "m/a", test "TestA", from run to pass: a duration of 3.1536e+07 seconds`},
		{"a line without end", `{"Action":"` + strings.Repeat("x", longestLine+1), "line 1: it has more than 16 MB"},
		{"deep JSON", `{"Action":` + strings.Repeat("[", 100_000), "not a go test -json event"},

		{"HTML", "<html></html>", `begins with the element "html"`},
		{"only a header", `<?xml version="1.0"?>`, "it has no element"},
		{"XML cut short", gotests[:len(gotests)-20], "not JUnit XML: XML syntax error on line 11: unexpected EOF"},
		{"an entity of its own", `<!DOCTYPE x [<!ENTITY a "b">]><testsuite name="&a;"></testsuite>`, "invalid character entity &a;"},
		{"a billion laughs", `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><testsuites>&b;</testsuites>`, "invalid character entity &b;"},
		{"deep XML", "<testsuite>" + strings.Repeat("<x>", 1_000_000), "nested more than 32 deep"},
		{"an encoding that is not read", `<?xml version="1.0" encoding="UTF-16"?><testsuite/>`, "not JUnit XML"},
		{"relative class names", xmlCase("a", "TestA", "1"), `test "TestA" has the class name "a": packages can be distinguished only by their full import paths`},
		{"class names of Java", xmlCase("com.example.A", "TestA", "1"), "--junitfile-testcase-classname=full"},
		{"a module with a longer name", xmlCase("mm/a", "TestA", "1"), "packages can be distinguished only by their full import paths"},
		{"no class name", `<testsuite><testcase name="TestA" time="1"/></testsuite>`, "packages can be distinguished only by their full import paths"},
		{"a negative time in XML", xmlCase("m/a", "TestA", "-1"), "a duration of -1 seconds"},
		{"NaN in XML", xmlCase("m/a", "TestA", "NaN"), "a duration of NaN seconds"},
		{"infinite in XML", xmlCase("m/a", "TestA", "inf"), "a duration of +Inf seconds"},
		{"1e400 in XML", xmlCase("m/a", "TestA", "1e400"), "is not a time in seconds"},
		{"no time in XML", xmlCase("m/a", "TestA", ""), `test "TestA" of "m/a": "" is not a time in seconds`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Seed(strings.NewReader(c.text), []string{"m"})
			if err == nil {
				t.Fatalf("read as %q", known(r))
			}
			if !strings.Contains(err.Error(), c.want) || len(err.Error()) > 500 {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if _, err := Seed(iotest.ErrReader(io.ErrClosedPipe), []string{"m"}); err == nil {
		t.Error("a read error was passed over")
	}
	if _, err := Seed(io.MultiReader(strings.NewReader(passA), iotest.ErrReader(io.ErrClosedPipe)), []string{"m"}); err == nil {
		t.Error("a later read error was passed over")
	}
}

// at is an event of a test at a time of day, which may be empty.
func at(clock, action, test string, elapsed float64) string {
	stamp := ""
	if clock != "" {
		stamp = fmt.Sprintf(`"Time":"2026-01-02T%s+01:00",`, clock)
	}
	return fmt.Sprintf(`{%s"Action":%q,"Package":"m/a","Test":%q,"Elapsed":%v}`, stamp, action, test, elapsed) + "\n"
}

// The duration that go prints excludes parallel subtests; the time between run and pass
// includes them.
func TestSeedTimes(t *testing.T) {
	start, pass := at("03:00:00", "run", "TestA", 0), at("03:00:02.5", "pass", "TestA", 0.01)
	for _, c := range []struct{ name, text, want string }{
		{"parallel subtests", start + at("03:00:00", "run", "TestA/x", 0) + at("03:00:00", "pause", "TestA/x", 0) +
			at("03:00:01", "cont", "TestA/x", 0) + at("03:00:02.4", "pass", "TestA/x", 1.4) + pass, "m/a TestA 2.5s"},
		{"a parallel test, which waits", start + at("03:00:00.5", "pause", "TestA", 0) + at("03:00:02", "cont", "TestA", 0) + pass, "m/a TestA 1s"},
		{"of an old go, without pauses", start + at("03:00:02", "cont", "TestA", 0) + pass, "m/a TestA 2.5s"},
		{"paused to the end", start + at("03:00:01", "pause", "TestA", 0) + pass, "m/a TestA 10ms"},
		{"from the cache, at once", start + at("03:00:00.001", "pass", "TestA", 1.5), "m/a TestA 1.5s"},
		{"only the end, as in --jsonfile-timing-events", pass, "m/a TestA 10ms"},
		{"several times", start + pass + at("03:01:00", "run", "TestA", 0) + at("03:01:00.5", "pass", "TestA", 0), "m/a TestA 1.5s"},
		{"failed and run again", start + at("03:00:01", "fail", "TestA", 1) + pass, "m/a TestA 10ms"},
		{"cut off and run again", start + at("03:00:02", "run", "TestA", 0) + pass, "m/a TestA 500ms"},
		{"skipped", start + at("03:00:01", "skip", "TestA", 0), ""},
		{"two at a time", start + at("03:00:01", "run", "FuzzA", 0) + at("03:00:02", "pass", "FuzzA", 0) + pass, "m/a FuzzA 1s, m/a TestA 2.5s"},
		{"of two workers", strings.ReplaceAll(start, "{", `{"Worker":"gw0",`) + strings.ReplaceAll(pass, "{", `{"Worker":"gw1",`), "m/a TestA 10ms"},
		{"a clock that was set back", start + at("02:00:00", "pass", "TestA", 0.01), "m/a TestA 10ms"},
		{"a start without a time", at("", "run", "TestA", 0) + pass, "m/a TestA 10ms"},
		{"an end without a time", start + at("", "pass", "TestA", 0.01), "m/a TestA 10ms"},
		{"output has none", start + `{"Action":"output","Package":"m/a","Test":"TestA"}` + "\n" + pass, "m/a TestA 2.5s"},
		{"a package that took less than its test's clock", start + pass + strings.Replace(passPkg, "2}", "2.4}", 1), "m/a TestA 2.5s, m/a 2.4s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Seed(strings.NewReader(c.text), []string{"m"})
			if err != nil {
				t.Fatal(err)
			}
			if got := known(r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The size of an XML file is limited, regardless of its form.
func TestSeedRefusesLargeXML(t *testing.T) {
	for name, part := range map[string]string{"comments": "<!-- -->", "elements": "<x/>"} {
		many := io.MultiReader(strings.NewReader("<testsuites>"), &endless{text: strings.Repeat(part, 1000)})
		if _, err := seedJUnit(&io.LimitedReader{R: many, N: 1 << 40}, []string{"m"}, 1<<20); err == nil || !strings.Contains(err.Error(), "more than 1 MB of XML") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

func TestModules(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"m/go.mod":        "// a comment\nmodule \"example.com/m\" // another\n\ngo 1.26\n",
		"m/a/b/x.go":      "package b\n",
		"m/nested/go.mod": "module example.com/m/nested\n",
		"none/go.mod":     "go 1.26\n",
		"folder/go.mod/x": "",
		"work/go.work":    "go 1.26\n\nuse (\n\t./two // a comment\n\t\"./one\"\n)\n\nuse ../m\n",
		"work/one/go.mod": "module example.com/one\n",
		"work/two/go.mod": "module a.example.com/two\n",
		"work/deep/x.go":  "package deep\n",
		"single/go.work":  "go 1.26\nuse " + filepath.ToSlash(filepath.Join(dir, "m")) + "\n",
		"lost/go.work":    "go 1.26\nuse ./gone\n",
		"empty/go.work":   "go 1.26\n",
		"broken/go.work":  "go 1.26\nuse\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, file, text)
	}
	ofWork := "a.example.com/two example.com/m example.com/one"
	for _, c := range []struct{ in, gowork, want string }{
		{"m", "", "example.com/m"},
		{"m/a/b", "", "example.com/m"},
		{"m/nested", "", "example.com/m/nested"},
		{"none", "", "ERROR no module line"},
		{"folder", "", "ERROR finding the module of"},
		{".", "", "ERROR no go.mod in it or above it, and no go.work in effect"},
		{"work", "", ofWork},
		{"work/deep", "auto", ofWork},
		{"work/one", "", "example.com/one"},
		{".", filepath.Join(dir, "work", "go.work"), ofWork},
		{"work", "off", "ERROR no go.mod in it or above it, and no go.work in effect"},
		{"work", "work/go.work", "ERROR no go.mod in it or above it, and looking for a go.work: go env GOWORK: "},
		{"single", "", "example.com/m"},
		{"lost", "", "ERROR go.work uses ./gone: open "},
		{"empty", "", "ERROR go.work has no modules in its use directives"},
		{"broken", "", "ERROR finding the modules of "},
	} {
		t.Setenv("GOWORK", c.gowork)
		modules, err := Modules(t.Context(), filepath.Join(dir, c.in))
		got := strings.Join(modules, " ")
		if err != nil {
			got = "ERROR " + err.Error()
		}
		want, failed := strings.CutPrefix(c.want, "ERROR ")
		if (err != nil) != failed || !failed && got != want || !strings.Contains(got, want) {
			t.Errorf("in %s with GOWORK=%s: %s, want %s", c.in, c.gowork, got, c.want)
		}
	}
}

func FuzzSeed(f *testing.F) {
	f.Add([]byte(passA+passPkg), uint64(1))
	f.Add([]byte(gotests), uint64(2))
	f.Add([]byte(at("03:00:00", "run", "TestA", 0)+at("03:00:01", "pause", "TestA", 0)+at("03:00:02", "cont", "TestA", 0)+
		at("03:00:03", "pass", "TestA", 0.01)), uint64(5))
	f.Add([]byte(xmlCase("m/a", "TestA", "1")), uint64(3))
	f.Add([]byte("<testsuite><testcase><testcase/><testsuite/></testcase></testsuite></testsuite>"), uint64(4))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		r, err := Seed(strings.NewReader(string(text)), []string{"m"})
		random := rand.New(rand.NewPCG(seed, 0))
		again, err2 := Seed(&pieces{text, random}, []string{"m"})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v, in pieces %v", err, err2)
		}
		if err != nil {
			return
		}
		if known(r) != known(again) {
			t.Fatalf("%s, in pieces %s", known(r), known(again))
		}
		h := newHistory()
		h.merge(r, today)
		if _, err := decode(h.encode()); err != nil {
			t.Fatal(err)
		}
		for _, record := range h.Tests() {
			if record.Estimate < 0 || record.Estimate > longest || !planned(record.Test) {
				t.Fatalf("%+v", record)
			}
		}
	})
}

// pieces reads a text in pieces of random lengths.
type pieces struct {
	text   []byte
	random *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.random.IntN(9))], p.text)
	p.text = p.text[n:]
	return n, nil
}
