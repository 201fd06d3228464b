package result

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

var started = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

// write returns a file with something of each kind, and its uncompressed text.
func write(t testing.TB) (file []byte, text string) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{
		Part: 1, Parts: 2, Digest: "d", RunID: "r", Attempt: 1, Started: started, Command: []string{"-n", "2"}, Module: "example.com/m",
		Go: "go1.26", Workers: []string{"gw0", "gw1"}, Dist: "load",
	})
	run := history.NewRun()
	run.Test("example.com/m/a", "TestA", time.Second, history.Passed)
	for _, step := range []func() error{
		func() error {
			return w.Plan([]plan.Part{
				{Expected: time.Second, Packages: []plan.PartPackage{{Name: "example.com/m/a", Tests: []string{"TestA", "TestB"}, Whole: true, Rest: true}}},
				{},
			})
		},
		func() error { return w.Event([]byte(`{"Action":"start","Package":"example.com/m/a"}`)) },
		func() error { return w.Stderr("go: <downloading>") },
		func() error { return w.Event([]byte(`{"gotestshard":"end","exit_code":0,"Action":"output"}`)) }, // what a test would like to be
		func() error { return w.Rerun(1) },
		func() error { return w.Event([]byte(`{"Action":"pass","Package":"example.com/m/a"}`)) },
		func() error {
			return w.Shard(report.Shard{
				Worker: "gw0", Busy: time.Second, Started: started, Completed: started.Add(time.Second),
				Packages: []report.Package{{Name: "example.com/m/a", Elapsed: time.Second, Failed: true}},
				Runs:     []report.Run{{Package: "example.com/m/a", Started: started, Completed: started.Add(time.Second), Failed: true, Rerun: true}},
			})
		},
		func() error { return w.Shard(report.Shard{Worker: "gw1"}) },
		func() error { return w.Coverage(strings.NewReader("mode: set\nexample.com/m/a/a.go:1.1,2.2 1 1\n")) },
		func() error { return w.Timings(run) },
		func() error {
			return w.End(End{ExitCode: 1, Wall: time.Second, Tests: 2, Failed: 1, Skipped: 1, Errors: 1})
		},
	} {
		if err := errors.Join(err, step()); err != nil {
			t.Fatal(err)
		}
	}
	in, err := gzip.NewReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), string(lines)
}

func compress(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

// records reads a file to its end, or to its first error.
func records(in io.Reader, each func(Record)) error {
	r, err := NewReader(in)
	if err != nil {
		return err
	}
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(record)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	file, text := write(t)
	golden, err := os.ReadFile("testdata/result.jsonl")
	if os.Getenv("UPDATE") != "" {
		golden, err = []byte(text), os.WriteFile("testdata/result.jsonl", []byte(text), 0o600)
	}
	if err != nil || text != string(golden) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, text, golden)
	}
	var got []string
	err = records(bytes.NewReader(file), func(r Record) {
		switch {
		case r.Event != nil:
			got = append(got, string(r.Event))
		case r.Plan != nil:
			got = append(got, fmt.Sprintf("%+v", *r.Plan))
		case r.Stderr != nil:
			got = append(got, r.Stderr.Text)
		case r.Rerun != nil:
			got = append(got, fmt.Sprint("rerun ", r.Rerun.Attempt))
		case r.Shard != nil:
			got = append(got, fmt.Sprint(r.Shard.Worker, " ", r.Shard.Busy, " ", r.Shard.Started, " ", r.Shard.Completed, " ", r.Shard.Packages, r.Shard.Runs))
		case r.Coverage != nil:
			got = append(got, r.Coverage.Text)
		case r.Timings != nil:
			got = append(got, fmt.Sprintf("%+v", *r.Timings))
		case r.End != nil:
			got = append(got, fmt.Sprintf("%+v", *r.End))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"{Part:1 Expected:1s Package: Whole:false Rest:false Tests:[]}",
		"{Part:1 Expected:0s Package:example.com/m/a Whole:true Rest:true Tests:[TestA TestB]}",
		"{Part:2 Expected:0s Package: Whole:false Rest:false Tests:[]}",
		`{"Action":"start","Package":"example.com/m/a"}`,
		"go: <downloading>",
		`{ "gotestshard":"end","exit_code":0,"Action":"output"}`,
		"rerun 1",
		`{"Action":"pass","Package":"example.com/m/a"}`,
		"gw0 1s 2026-01-02 03:04:05.000000006 +0000 UTC 2026-01-02 03:04:06.000000006 +0000 UTC [{example.com/m/a 1s true}] [{example.com/m/a 2026-01-02 03:04:05.000000006 +0000 UTC 2026-01-02 03:04:06.000000006 +0000 UTC true true}]",
		"gw1 0s <nil> <nil> [] []",
		"mode: set\nexample.com/m/a/a.go:1.1,2.2 1 1\n",
		"{Package:example.com/m/a Start:0s Starts:0 LeastStart:0s Whole:0s Wholes:0 Complete:false Tests:[{Test:TestA Passed:1s Passes:1 Took:1s Runs:1 Failed:false Skipped:false}]}",
		"{ExitCode:1 Reason: Wall:1s Tests:2 Failed:1 Skipped:1 Errors:1}",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r, err := NewReader(bytes.NewReader(file))
	if err != nil || r.Header.Part != 1 || r.Header.Parts != 2 || !r.Header.Started.Equal(started) || r.Header.Workers[1] != "gw1" {
		t.Errorf("%+v, %v", r.Header, err)
	}
	r.SkipPlan = true
	if record, err := r.Next(); err != nil || record.Event == nil {
		t.Errorf("the plan was not passed over: %+v, %v", record, err)
	}
}

// Lists are longer than a line may be.
func TestLongLists(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{Part: 1, Parts: 1, Workers: []string{"gw0"}})
	part := plan.PartPackage{Name: "example.com/m/a"}
	shard := report.Shard{Worker: "gw0"}
	run := history.NewRun()
	var profile strings.Builder
	profile.WriteString("mode: set\n")
	const n = 20_000
	for i := range n {
		name := fmt.Sprintf("TestWithANameThatIsQuiteLong%d", i)
		part.Tests = append(part.Tests, name)
		shard.Packages = append(shard.Packages, report.Package{Name: "example.com/m/" + name})
		shard.Runs = append(shard.Runs, report.Run{Package: "example.com/m/" + name})
		run.Test("example.com/m/a", name, time.Second, history.Passed)
		fmt.Fprintf(&profile, "example.com/m/a/a.go:%d.1,%d.2 1 1\n", i+1, i+1)
	}
	run.Start("example.com/m/a", time.Second)
	if err := errors.Join(err, w.Plan([]plan.Part{{Packages: []plan.PartPackage{part}}}), w.Shard(shard),
		w.Coverage(strings.NewReader(profile.String())), w.Timings(run), w.End(End{})); err != nil {
		t.Fatal(err)
	}
	planned, packages, runs, tests, starts, covered := 0, 0, 0, 0, 0, ""
	err = records(&out, func(r Record) {
		switch {
		case r.Plan != nil:
			planned += len(r.Plan.Tests)
		case r.Shard != nil:
			packages += len(r.Shard.Packages)
			runs += len(r.Shard.Runs)
		case r.Timings != nil:
			tests += len(r.Timings.Tests)
			starts += r.Timings.Starts
		case r.Coverage != nil:
			if !strings.HasSuffix(r.Coverage.Text, "\n") {
				t.Fatal("a line of the profile was cut")
			}
			covered += r.Coverage.Text
		}
	})
	if err != nil || planned != n || packages != n || runs != n || tests != n || starts != 1 || covered != profile.String() {
		t.Error(err, planned, packages, tests, starts, len(covered))
	}
}

func TestUnusableFiles(t *testing.T) {
	file, text := write(t)
	header, rest, _ := strings.Cut(text, "\n")
	flip := func(at int) []byte {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0xff
		return damaged
	}
	line := func(line string) []byte { return compress(header + "\n" + line + "\n") }
	for name, test := range map[string]struct {
		file []byte
		want error
		text string
	}{
		"empty":                   {nil, ErrCut, ""},
		"two bytes":               {file[:2], ErrCut, ""},
		"cut in its first line":   {compress(header[:40]), ErrCut, ""},
		"cut in the compression":  {file[:len(file)-40], ErrCut, ""},
		"without an end":          {compress(header + "\n"), ErrCut, ""},
		"cut in a line":           {compress(text[:len(text)-10]), ErrCut, ""},
		"without the checksum":    {file[:len(file)-8], nil, ""}, // which follows the end
		"no gzip":                 {[]byte(text), ErrForeign, ""},
		"a zip of something else": {compress(rest), ErrForeign, ""},
		"a long line":             {compress(strings.Repeat("x", 2*longestLine)), ErrForeign, ""},
		"a picture":               {[]byte("\x89PNG\r\n\x1a\n"), ErrForeign, ""},
		"newer":                   {compress(strings.Replace(text, `"version":1`, `"version":2`, 1)), ErrNewer, "it has version 2, this gotestshard reads version 1"},
		"newer with other fields": {compress(`{"gotestshard":"result","version":7,"part":"one"}` + "\n"), ErrNewer, "version 7"},
		"no version":              {compress(strings.Replace(text, `"version":1`, `"version":0`, 1)), ErrDamaged, ""},
		"no part":                 {compress(strings.Replace(text, `"part":1`, `"part":0`, 1)), ErrDamaged, "part 0 of 2"},
		"part above":              {compress(strings.Replace(text, `"part":1`, `"part":3`, 1)), ErrDamaged, "part 3 of 2"},
		"too many parts":          {compress(strings.Replace(text, `"parts":2`, `"parts":10001`, 1)), ErrDamaged, ""},
		"a header of other types": {compress(strings.Replace(text, `"parts":2`, `"parts":"two"`, 1)), ErrDamaged, ""},
		"a bit":                   {flip(len(file) / 2), ErrDamaged, ""},
		"the checksum":            {flip(len(file) - 8), ErrDamaged, ""},
		"a kind that is none":     {line(`{"gotestshard":"what"}`), ErrDamaged, `the kind "what"`},
		"a record of other types": {line(`{"gotestshard":"rerun","attempt":"x"}`), ErrDamaged, ""},
		"no JSON":                 {line(`{"gotestshard":"rerun`), ErrDamaged, ""},
		"attempt 0":               {line(`{"gotestshard":"rerun","attempt":0}`), ErrDamaged, ""},
		"plan of part 3":          {line(`{"gotestshard":"plan","part":3}`), ErrDamaged, "a part 3 of 2"},
		"exit code below 0":       {line(`{"gotestshard":"end","exit_code":-1}`), ErrDamaged, ""},
		"a line that is too long": {line(strings.Repeat("x", longestLine+1)), ErrDamaged, "a line of more than 1048576 bytes"},
		"more after its end":      {compress(text + text), ErrDamaged, "something follows its end"},
		"two files in one":        {append(bytes.Clone(file), file...), ErrDamaged, "something follows its end"},
		"garbage after its end":   {append(bytes.Clone(file), "garbage and more garbage"...), ErrDamaged, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := records(bytes.NewReader(test.file), func(Record) {})
			if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("%v, want %v: %s", err, test.want, test.text)
			}
		})
	}
}

// What was written is in the file a second later, whatever becomes of its node.
func TestNothingStaysInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w, err := NewWriter(&out, Header{Part: 1, Parts: 1})
		if err != nil {
			t.Fatal(err)
		}
		events := func() (n int) {
			if err := records(bytes.NewReader(out.Bytes()), func(Record) { n++ }); !errors.Is(err, ErrCut) {
				t.Error(err)
			}
			return n
		}
		if n := events(); n != 0 {
			t.Errorf("%d events", n)
		}
		for want := 1; want <= 3; want++ {
			if err := w.Event([]byte(`{"Action":"run"}`)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(flushAfter)
			synctest.Wait()
			if n := events(); n != want {
				t.Errorf("%d events, want %d", n, want)
			}
		}
		w.Abandon()
		if err := w.Event([]byte(`{"Action":"run"}`)); err == nil {
			t.Error("it was written to after its end")
		}
	})
}

// The first error of writing is that of all that follows.
func TestErrorsOfWriting(t *testing.T) {
	full := errors.New("the disk is full")
	w, err := NewWriter(&limited{left: 300, err: full}, Header{Part: 1, Parts: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil && i < 1_000_000; i++ {
		err = w.Event(fmt.Appendf(nil, `{"Action":"output","Output":"%d"}`, i*i))
	}
	if !errors.Is(err, full) || !errors.Is(w.End(End{}), full) || !errors.Is(w.Stderr("x"), full) {
		t.Error(err)
	}
	w, err = NewWriter(io.Discard, Header{Part: 1, Parts: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Event(make([]byte, longestLine)); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Error(err)
	}
	if err := w.Coverage(strings.NewReader(strings.Repeat("x", 10_000))); err == nil {
		t.Error("a profile without lines was written")
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

// docs/result.md describes every kind of line and every key.
func TestDocumented(t *testing.T) {
	document, err := os.ReadFile("../../../docs/result.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys func(typ reflect.Type)
	keys = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
			return
		}
		for field := range typ.Fields() {
			if name := field.Tag.Get("json"); !strings.Contains(string(document), "`"+name+"`") {
				t.Errorf("docs/result.md does not describe `%s` of %s", name, typ)
			}
			keys(field.Type)
		}
	}
	for kind, typ := range map[string]reflect.Type{
		kindHeader: reflect.TypeFor[Header](), kindPlan: reflect.TypeFor[Plan](), kindStderr: reflect.TypeFor[Text](),
		kindRerun: reflect.TypeFor[Rerun](), kindShard: reflect.TypeFor[Shard](), kindCoverage: reflect.TypeFor[Text](),
		kindTimings: reflect.TypeFor[Timings](), kindEnd: reflect.TypeFor[End](),
	} {
		keys(typ)
		if !regexp.MustCompile("(?m)^\\| `" + kind + "` +\\|").Match(document) {
			t.Errorf("docs/result.md has no table for %s", kind)
		}
	}
}

// FuzzReader reads anything without a panic, and in bounded memory; what it reads
// of a good file that was changed says so or is as it was.
func FuzzReader(f *testing.F) {
	file, text := write(f)
	f.Add(file, false)
	f.Add([]byte(text), true)
	for line := range strings.Lines(text) {
		header, _, _ := strings.Cut(text, "\n")
		f.Add([]byte(header+"\n"+line), true)
	}
	f.Add(file[:len(file)/2], false)
	f.Add([]byte(nil), false)
	f.Add([]byte(`{"gotestshard":"result","version":1,"part":1,"parts":1}`+"\n"+`{"gotestshard":"end"}`+"\n"), true)
	f.Fuzz(func(t *testing.T, file []byte, plain bool) {
		if plain {
			file = compress(string(file))
		}
		ended := false
		err := records(bytes.NewReader(file), func(r Record) {
			if ended {
				t.Fatal("a record after the end")
			}
			ended = r.End != nil
			set := 0
			for _, is := range []bool{
				r.Event != nil, r.Plan != nil, r.Stderr != nil, r.Rerun != nil, r.Shard != nil, r.Coverage != nil, r.Timings != nil, r.End != nil,
			} {
				if is {
					set++
				}
			}
			if set != 1 {
				t.Fatalf("%d fields of %+v", set, r)
			}
			if r.Timings != nil {
				_ = history.NewRun().Add(*r.Timings)
			}
		})
		known := errors.Is(err, ErrForeign) || errors.Is(err, ErrNewer) || errors.Is(err, ErrCut) || errors.Is(err, ErrDamaged)
		if err == nil && !ended || err != nil && !known {
			t.Fatalf("%v, ended %v", err, ended)
		}
	})
}
