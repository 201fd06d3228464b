package plan

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// parse parses tests in the form "name estimate-in-ms [file=a,b] [group=g] [serial]".
func parse(lines ...string) []Test {
	var tests []Test
	for _, line := range lines {
		fields := strings.Fields(line)
		t := Test{Name: fields[0]}
		if len(fields) > 1 {
			var ms int
			if _, err := fmt.Sscan(fields[1], &ms); err != nil {
				panic(err)
			}
			t.Estimate = time.Duration(ms) * time.Millisecond
		}
		for _, field := range fields[min(2, len(fields)):] {
			key, value, _ := strings.Cut(field, "=")
			switch key {
			case "file":
				t.Files = strings.Split(value, ",")
			case "group":
				t.Group = value
			case "serial":
				t.Serial = true
			}
		}
		tests = append(tests, t)
	}
	return tests
}

// text formats a batch as "gw0 p: A B", with "all" and "last" where they are true.
func text(b Batch) string {
	words := []string{fmt.Sprintf("gw%d %s:", b.Worker, b.Job.Package.Name)}
	for _, t := range b.Tests {
		words = append(words, t.Name)
	}
	if b.All {
		words = append(words, "(all)")
	}
	if b.Last {
		words = append(words, "(last)")
	}
	return strings.Join(words, " ")
}

// TestBatches shows what each mode starts first with these packages, and what it starts
// each time the batch of the oldest process has ended.
func TestBatches(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name     string
		mode     Mode
		workers  int
		packages []Package
		want     []string // "--" where a batch has to end first
	}{
		{"loadscope gives the longest package to gw0, ties to the oldest", LoadScope, 2, []Package{
			{Name: "a", Tests: parse("A1 10")}, {Name: "b", Tests: parse("B1 30", "B2 30")}, {Name: "c", Tests: parse("C1 10")},
		}, []string{"gw0 b: B1 B2 (all) (last)", "gw1 a: A1 (all) (last)", "--", "gw0 c: C1 (all) (last)"}},

		{"a package without estimates counts as the median of the others", LoadScope, 1, []Package{
			{Name: "a", Tests: parse("A 10")}, {Name: "new", Tests: parse("N")}, {Name: "b", Tests: parse("B 30")}, {Name: "c", Tests: parse("C 20")},
		}, []string{"gw0 b: B (all) (last)", "--", "gw0 new: N (all) (last)", "--", "gw0 c: C (all) (last)", "--", "gw0 a: A (all) (last)"}},

		{"a package whose tests are not known stays whole", Load, 2, []Package{
			{Name: "a", Estimate: 100 * ms}, {Name: "b", Tests: parse("B1 10", "B2 10"), Whole: true},
		}, []string{"gw0 a: (all) (last)", "gw1 b: B1 B2 (all) (last)"}},

		{"load starts long tests first and alone, in batches in the order of the package", Load, 2, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 10", "A2 10", "A3 100", "A4 20", "A5 20")},
		}, []string{"gw0 a: A3", "gw1 a: A4", "--", "gw0 a: A5", "--", "gw1 a: A1", "--", "gw0 a: A2 (last)"}},

		{"load uses no helper when a start costs more", Load, 2, []Package{
			{Name: "a", Start: time.Second, Tests: parse("A1 10", "A2 10", "A3 100")},
		}, []string{"gw0 a: A1 A2 A3 (all) (last)"}},

		{"every package gets a worker before anybody helps", Load, 3, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 900", "A2 900", "A3 900")}, {Name: "b", Start: ms, Tests: parse("B1 20")},
		}, []string{"gw0 a: A1", "gw1 b: B1 (all) (last)", "gw2 a: A2", "--", "gw0 a: A3 (last)"}},

		{"loadfile keeps the tests of a file together, joined by a test of two files", LoadFile, 3, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 100 file=a", "A2 150 file=b", "A3 100 file=c,a", "A4 40 file=b", "A5 100 file=c", "A6 280 file=d")},
		}, []string{"gw0 a: A1 A3 A5", "gw1 a: A6", "gw2 a: A2 A4 (last)"}},

		{"loadgroup starts no group twice and takes other work meanwhile", LoadGroup, 3, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 300 x group=g", "A2 300 x group=g", "A3 300")},
			{Name: "b", Start: ms, Tests: parse("B1 200 x group=g", "B2 100")},
		}, []string{"gw0 a: A1 A2", "gw1 b: B2", "gw2 a: A3 (last)", "--", "gw0 b: B1 (last)"}},

		{"a whole package holds all its groups", LoadGroup, 2, []Package{
			{Name: "a", Whole: true, Tests: parse("A1 300 x group=g", "A2 300 x group=h")},
			{Name: "b", Start: ms, Tests: parse("B1 200 x group=h")}, {Name: "c", Tests: parse("C 1 x group=i")},
		}, []string{"gw0 a: A1 A2 (all) (last)", "gw1 c: C (all) (last)", "--", "gw0 b: B1 (all) (last)"}},

		{"so does one with unknown tests", LoadGroup, 2, []Package{
			{Name: "a", Whole: true, Estimate: 300 * ms, Groups: []string{"g", "h"}},
			{Name: "b", Whole: true, Estimate: 200 * ms, Groups: []string{"h"}}, {Name: "c", Tests: parse("C 1 x group=i")},
		}, []string{"gw0 a: (all) (last)", "gw1 c: C (all) (last)", "--", "gw0 b: (all) (last)"}},

		{"a serial test waits until nothing else can start or runs", Load, 2, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 300 x serial", "A2 10")}, {Name: "b", Tests: parse("B1 100")},
		}, []string{"gw0 a: A2", "gw1 b: B1 (all) (last)", "--", "--", "gw0 a: A1 (last)"}},

		{"a file with a serial test is serial", LoadFile, 2, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 300 file=a serial", "A2 10 file=a", "A3 50 file=b")},
		}, []string{"gw0 a: A3", "--", "gw1 a: A1 A2 (last)"}},

		{"a package with a serial test is serial in loadscope, and so is a serial package", LoadScope, 2, []Package{
			{Name: "a", Tests: parse("A1 300 x serial", "A2 10")}, {Name: "b", Serial: true, Tests: parse("B 400")}, {Name: "c", Tests: parse("C 1")},
		}, []string{"gw0 c: C (all) (last)", "--", "gw1 b: B (all) (last)", "--", "gw0 a: A1 A2 (all) (last)"}},

		{"worksteal cuts neighbours evenly", WorkSteal, 2, []Package{
			{Name: "a", Start: ms, Tests: parse("A1 10", "A2 10", "A3 10", "A4 10", "A5 10", "A6 10", "A7 10", "A8 10",
				"B1 10", "B2 10", "B3 10", "B4 10", "B5 10", "B6 10", "B7 10", "B8 10", "B9 10", "C1 10", "C2 10", "C3 10")},
		}, []string{"gw0 a: A1 A2 A3 A4 A5", "gw1 a: B3 B4 B5 B6 B7", "--", "gw0 a: A6 A7 A8", "--", "gw1 a: B8 B9", "--",
			"gw0 a: B1", "--", "gw1 a: C1", "--", "gw0 a: B2", "--", "gw1 a: C2", "--", "gw0 a: C3 (last)"}},

		{"each runs everything on every worker, which waits for its own", Each, 2, []Package{
			{Name: "a", Tests: parse("A1 10")}, {Name: "b", Tests: parse("B1 30", "B2 30")},
		}, []string{"gw0 b: B1 B2 (all)", "gw1 b: B1 B2 (all) (last)", "--", "gw0 a: A1 (all)", "--", "gw1 a: A1 (all) (last)"}},

		{"each runs a serial package on one worker at a time", Each, 2, []Package{
			{Name: "a", Tests: parse("A1 10 x serial")}, {Name: "b", Tests: parse("B1 30")},
		}, []string{"gw0 b: B1 (all)", "gw1 b: B1 (all) (last)", "--", "--", "gw0 a: A1 (all)", "--", "gw1 a: A1 (all) (last)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(test.mode, test.workers)
			for _, p := range test.packages {
				s.Add(p)
			}
			var got []string
			var running []Batch
			for {
				for b, ok := s.Next(); ok; b, ok = s.Next() {
					got = append(got, text(b))
					running = append(running, b)
				}
				if len(running) == 0 {
					break
				}
				for _, done := range running[0].Tests {
					s.ObserveTest(running[0].Job, done.Name, done.Estimate)
				}
				s.Done(running[0])
				running = running[1:]
				got = append(got, "--")
			}
			for len(got) > 0 && got[len(got)-1] == "--" {
				got = got[:len(got)-1]
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
			}
		})
	}
}

// TestWorkStealTakesTheTailHalf makes one worker hang in its first batch. The other one
// finishes its own slice and then what the first one has not begun.
func TestWorkStealTakesTheTailHalf(t *testing.T) {
	s := New(WorkSteal, 2)
	s.Add(Package{Name: "a", Start: time.Millisecond, Tests: parse("A1 40", "A2 40", "A3 40", "A4 40", "A5 40", "A6 40", "A7 40", "A8 40",
		"B1 40", "B2 40", "B3 40", "B4 40", "B5 40", "B6 40", "B7 40", "B8 40")})
	var got []string
	hangs, _ := s.Next()
	got = append(got, text(hangs))
	for b, ok := s.Next(); ok; b, ok = s.Next() {
		got = append(got, text(b))
		for _, done := range b.Tests {
			s.ObserveTest(b.Job, done.Name, done.Estimate)
		}
		s.Done(b)
	}
	want := []string{"gw0 a: A1 A2 A3 A4", "gw1 a: B1 B2 B3 B4", "gw1 a: B5 B6 B7", "gw1 a: B8", "gw1 a: A7 A8", "gw1 a: A6", "gw1 a: A5 (last)"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// With one worker there is nothing to balance, so that more than one process would only cost its start.
func TestOneWorkerGetsAllAtOnce(t *testing.T) {
	for _, mode := range []Mode{Load, WorkSteal, LoadFile} {
		p := Package{Name: "p"}
		for i := range 100 {
			p.Tests = append(p.Tests, Test{Name: fmt.Sprintf("Test%d", i), Files: []string{fmt.Sprintf("f%d", i%3)}})
		}
		s := New(mode, 1)
		s.Add(p)
		if b, ok := s.Next(); !ok || !b.All {
			t.Errorf("%s: the first process has %d of 100 tests", mode, len(b.Tests))
		}
	}
}
