package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

func run(pkg string, from, to int) report.Run {
	return report.Run{Package: pkg, Started: at(from), Completed: at(to)}
}

// drawn returns the lanes of a run, each with its bars; ! is for failed, r for rerun, * for the
// critical path.
func drawn(r Run) (kind string, lanes []string) {
	t := newBuilder(r).timeline()
	if t == nil {
		return "", nil
	}
	for _, l := range t.Lanes {
		text := l.Name
		for _, bar := range l.Bars {
			marks := ""
			if bar.Failed {
				marks += "!"
			}
			if bar.Rerun {
				marks += "r"
			}
			if bar.Critical {
				marks += "*"
			}
			text += fmt.Sprintf(" %s%s:%d-%d", bar.Package, marks, bar.Start, bar.End)
		}
		lanes = append(lanes, text)
	}
	return t.Kind, lanes
}

func TestTimeline(t *testing.T) {
	failed := func(r report.Run) report.Run { r.Failed = true; return r }
	again := func(r report.Run) report.Run { r.Rerun = true; return r }
	shards := func(shards ...report.Shard) Run {
		return Run{Summary: report.Summary{Started: at(0), Shards: report.Shards{Shards: shards}}}
	}
	for _, test := range []struct {
		name string
		run  Run
		kind string
		want []string
	}{
		{"nothing", Run{}, "", nil},
		{"no work", shards(report.Shard{Worker: "gw0"}), "", nil},
		{"no time passed", shards(report.Shard{Worker: "gw0", Runs: []report.Run{run("a", 0, 0)}}), "", nil},
		{
			"processes", shards(report.Shard{Worker: "gw0", Runs: []report.Run{run("a", 0, 1000), failed(run("b", 1000, 4000)), again(run("b", 4100, 4200))}}, report.Shard{Worker: "gw1"},
				report.Shard{Worker: "gw2", Runs: []report.Run{run("c", 500, 1500), {Package: "d", Started: at(2)}, run("e", 9, 8)}}),
			"process", []string{"gw0 a*:0-1000 b!*:1000-4000 br*:4100-4200", "gw1", "gw2 c:500-1500"},
		},
		{
			"a pause ends the critical path", shards(report.Shard{Worker: "gw0", Runs: []report.Run{run("a", 0, 1000), run("b", 2000, 3000)}}),
			"process", []string{"gw0 a:0-1000 b*:2000-3000"},
		},
		{
			"named shards", shards(report.Shard{Worker: "unit", Started: at(0), Completed: at(2000)}, report.Shard{Worker: "e2e", Started: at(1000), Completed: at(3000), Failed: 1}),
			"shard", []string{"unit :0-2000", "e2e !*:1000-3000"},
		},
		{
			"packages of go test", Run{
				Summary: report.Summary{Packages: []report.PackageSummary{{Name: "b", Result: report.PackageFailed}}},
				Spans: []Span{
					{Package: "a", Started: at(0), Ended: at(2000)}, {Package: "b", Started: at(500), Ended: at(1500)}, {Package: "c", Started: at(1600), Ended: at(1700)},
					{Package: "d", Started: at(0), Ended: at(9000), Cached: true}, {Package: "e"},
				},
			},
			"package", []string{"1 a*:0-2000", "2 b!:500-1500 c:1600-1700"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if kind, got := drawn(test.run); kind != test.kind || !slices.Equal(got, test.want) {
				t.Errorf("got %s\n%s\nwant %s\n%s", kind, strings.Join(got, "\n"), test.kind, strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestAdvice(t *testing.T) {
	lanes := func(ms ...[]int) (shards []report.Shard) {
		for i, ends := range ms {
			shard, from := report.Shard{Worker: fmt.Sprint("gw", i)}, 0
			for j, end := range ends {
				shard.Runs, from = append(shard.Runs, run(fmt.Sprint("p", i, ".", j), from, end)), end
			}
			shards = append(shards, shard)
		}
		return shards
	}
	one := lanes([]int{1000, 2000, 3000, 4000}, []int{4000})
	one[1].Runs[0].Started = at(3900)
	nodes := lanes([]int{4000}, []int{4000})
	nodes[1].Node = "2"
	for _, test := range []struct {
		shards []report.Shard
		want   string
	}{
		{lanes([]int{1000, 2000, 3000}, []int{1000, 2000, 3000}), "With 3 workers instead of 2, the tests would take about 2.0s instead of 3.0s."},
		{lanes([]int{70_000}, []int{1000, 2000}), "One worker more would save next to nothing: p0.0 alone takes 1m10s of 1m10s."},
		{lanes([]int{100, 200}), ""},
		{nodes, ""},
	} {
		r := Run{Summary: report.Summary{Shards: report.Shards{Shards: test.shards}}}
		if got := strings.Join(newBuilder(r).timeline().Sentence, " "); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	r := Run{Summary: report.Summary{Shards: report.Shards{Shards: one, Advice: &report.Advice{Longest: report.Unit{Package: "p", Name: "TestLong", Time: 3900 * time.Millisecond}}}}}
	if got, want := newBuilder(r).timeline().Sentence, "One worker more would save next to nothing: p TestLong alone takes 3.9s of 4.0s."; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// Of a package in several processes, the longest of these may be shortened by one worker more.
	split := lanes([]int{4000}, []int{2000})
	split[1].Runs[0].Package = "p0.0"
	r.Shards = report.Shards{Shards: split}
	r.Results = []Result{{Name: Name{"p0.0", "TestLong"}, Elapsed: 3500 * time.Millisecond}, {Name: Name{"p0.0", "TestLong/part"}, Elapsed: 4 * time.Second}}
	if got, want := newBuilder(r).timeline().Sentence, "One worker more would save next to nothing: p0.0 TestLong alone takes 3.5s of 4.0s."; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
