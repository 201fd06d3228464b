package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (-update writes it again)\n got:\n%s\nwant:\n%s", file, got, want)
	}
}

func sample() Shards {
	at := func(ms int) time.Time {
		return time.Date(2026, 1, 2, 0, 4, 19, 0, time.Local).Add(time.Duration(ms) * time.Millisecond)
	}
	return Shards{
		RunID: "r1",
		Wall:  13100 * time.Millisecond,
		Shards: []Shard{
			{
				Worker: "gw0", Tests: 340, Skipped: 2, Busy: 12310 * time.Millisecond, Started: at(120), Completed: at(12850),
				Packages: []Package{{Name: "example.com/m/a", Elapsed: 12310 * time.Millisecond}},
			},
			{
				Worker: "gw10", Tests: 1298, Failed: 1, Busy: 12600 * time.Millisecond, Started: at(121), Completed: at(12851),
				Packages: []Package{{Name: "example.com/m/db", Elapsed: 12600 * time.Millisecond, Failed: true}},
			},
			{Worker: "gw2"},
		},
		Longest: Test{Package: "example.com/m/db", Name: "TestMigrate", Elapsed: 11020 * time.Millisecond},
		Advice: &Advice{
			Longest: Unit{Package: "example.com/m/db", Kind: "package", Time: 12600 * time.Millisecond},
			Ideal:   []Ideal{{Workers: 3, Time: 12600 * time.Millisecond}, {Workers: 6, Time: 12600 * time.Millisecond}, {Time: 12600 * time.Millisecond}},
			Better:  Ideal{Mode: "load", Workers: 3, Time: 11030 * time.Millisecond},
			Alone:   Unit{Package: "example.com/m/db", Kind: "test", Name: "TestMigrate", Time: 11030 * time.Millisecond},
			Even:    8300 * time.Millisecond,
		},
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := sample().WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/table.golden", out.Bytes())
}

func TestTableOfNamedShardsWithoutTests(t *testing.T) {
	var out bytes.Buffer
	if err := (Shards{Named: true, Shards: []Shard{{Worker: "unit"}, {Worker: "e2e"}}}).WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/empty.golden", out.Bytes())
}

// If the advice is about the longest test, the line above does not name it. The other duration
// does not include the start of the process, which would look like a contradiction.
func TestTableNamesTheLongestTestOnce(t *testing.T) {
	longest := Test{Package: "m/a", Name: "TestA", Elapsed: 1250 * time.Millisecond}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := Shards{Longest: longest, Wall: 2 * time.Second, Shards: []Shard{{Started: start, Completed: start.Add(2 * time.Second)}}}
	for _, c := range []struct {
		unit Unit
		want bool
	}{
		{Unit{"m/a", "test", "TestA", 2 * time.Second}, false},
		{Unit{"m/a", "test", "TestA", time.Second}, true}, // there is no advice
		{Unit{"m/a", "test", "TestB", 2 * time.Second}, true},
		{Unit{"m/b", "test", "TestA", 2 * time.Second}, true},
		{Unit{"m/a", "group", "TestA", 2 * time.Second}, true},
		{Unit{"m/a", "package", "", 2 * time.Second}, true},
	} {
		s.Advice = &Advice{Longest: c.unit, Alone: c.unit}
		line := s.line()
		if got := strings.HasSuffix(line, " Longest: m/a TestA 1.2s"); got != c.want || !got && !strings.HasSuffix(line, " busy.") {
			t.Errorf("with the longest unit %+v: got %q, want the longest test: %v", c.unit, line, c.want)
		}
	}
	s.Advice = nil
	if line := s.line(); !strings.HasSuffix(line, " Longest: m/a TestA 1.2s") {
		t.Errorf("without advice: got %q, want the longest test", line)
	}
}

// The build is not time in which a worker could have run tests.
func TestTableCountsWithoutTheBuild(t *testing.T) {
	s := Shards{Wall: 10 * time.Second, Build: 6 * time.Second, Shards: []Shard{{Busy: 4 * time.Second}, {Busy: 3 * time.Second}}}
	if got, want := s.line(), "2 workers ran 7.0s of tests in 4.0s: 1.8x, 88% busy."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Build = s.Wall
	if got, want := s.line(), "2 workers ran 7.0s of tests in 0.0s: 0.0x, 0% busy."; got != want {
		t.Errorf("with nothing but the build: got %q, want %q", got, want)
	}
}

// The table fits a terminal of 80 columns.
func TestTableWidth(t *testing.T) {
	s := sample()
	s.Longest.Name = strings.Repeat("Long", 20)
	s.Shards[1].Busy, s.Shards[1].Tests = 9999*time.Second, 12345
	var out bytes.Buffer
	if err := s.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > tableWidth+1 && !strings.HasPrefix(line, "Longest: ") {
			t.Errorf("too long: %s", line)
		}
	}
}

func TestTableDoesNotLetANameCommandTheTerminal(t *testing.T) {
	s := sample()
	s.Longest.Name = "Test\x1b[2J\r\nX"
	var out bytes.Buffer
	if err := s.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\r") || !strings.Contains(out.String(), "Test\uFFFD[2J\uFFFD\uFFFDX") {
		t.Errorf("got %q", out.String())
	}
}

func TestJSON(t *testing.T) {
	s := sample()
	for i := range s.Shards {
		s.Shards[i].Started, s.Shards[i].Completed = inUTC(s.Shards[i].Started), inUTC(s.Shards[i].Completed)
	}
	var out bytes.Buffer
	if err := s.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/report.golden", out.Bytes())
	if !json.Valid(out.Bytes()) {
		t.Error("the report is not valid JSON")
	}
}

// inUTC returns the same time of day in UTC, so that the file does not depend on the time zone
// of the machine.
func inUTC(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func TestIdleIsTheRestUntilTheLastWorkerEnded(t *testing.T) {
	s := sample()
	for i, want := range []time.Duration{421 * time.Millisecond, 131 * time.Millisecond, 12731 * time.Millisecond} {
		if got := s.idle(s.Shards[i]); got != want {
			t.Errorf("%s: got %v, want %v", s.Shards[i].Worker, got, want)
		}
	}
}

// The idle time of a node is relative to its own time, because nodes may run one after
// another and have different clocks.
func TestIdleOfNodes(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC) }
	shards := Shards{Shards: []Shard{
		{Worker: "1/gw0", Node: "1", Started: at(0), Completed: at(10), Busy: 10 * time.Second},
		{Worker: "1/gw1", Node: "1", Started: at(2), Completed: at(4), Busy: 2 * time.Second},
		{Worker: "2/gw0", Node: "2", Started: at(50), Completed: at(53), Busy: 2 * time.Second},
	}}
	for i, want := range []time.Duration{0, 8 * time.Second, time.Second} {
		if got := shards.idle(shards.Shards[i]); got != want {
			t.Errorf("%s: got %v, want %v", shards.Shards[i].Worker, got, want)
		}
	}
}
