package workers

import (
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

func TestLongestTest(t *testing.T) {
	const ms = time.Millisecond
	measured := []history.Measured{
		{Package: "a", Tests: map[string]time.Duration{"Parallel": 1600 * ms, "Short": 100 * ms}},
		{Package: "b", Tests: map[string]time.Duration{"B": 1600 * ms}},
	}
	test := func(pkg, name string, took time.Duration) report.Test {
		return report.Test{Package: pkg, Name: name, Elapsed: took}
	}
	for _, c := range []struct {
		name       string
		seen, want report.Test
		measured   []history.Measured
	}{
		{"go leaves parallel subtests out", test("a", "Short", 100*ms), test("a", "Parallel", 1600*ms), measured},
		{"go's is longer for the same test", test("a", "Short", 1700*ms), test("a", "Parallel", 1600*ms), measured},
		{"not measured and longer", test("c", "C", 1700*ms), test("c", "C", 1700*ms), measured},
		{"not measured and shorter", test("c", "C", 100*ms), test("a", "Parallel", 1600*ms), measured},
		{"the same name elsewhere", test("b", "Short", 1700*ms), test("b", "Short", 1700*ms), measured},
		{"nothing measured", test("c", "C", 100*ms), test("c", "C", 100*ms), nil},
		{"nothing at all", report.Test{}, report.Test{}, nil},
	} {
		if got := observe.LongestTest(c.seen, c.measured); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestAdvise(t *testing.T) {
	const ms = time.Millisecond
	a := history.Measured{Package: "a", Start: 10 * ms, Whole: 360 * ms, Tests: map[string]time.Duration{"A1": 100 * ms, "A2": 300 * ms}}
	b := history.Measured{Package: "b", Start: 10 * ms, Tests: map[string]time.Duration{"B1": 50 * ms}} // failed: not measured whole
	scope := func(splits bool) map[string]listing.Planned {
		return map[string]listing.Planned{
			"a": {Package: plan.Package{Name: "a", Whole: true}, Splits: splits},
			"b": {Package: plan.Package{Name: "b", Whole: true}, Splits: splits},
		}
	}
	files := map[string]listing.Planned{"a": {Package: plan.Package{Name: "a", Tests: []plan.Test{
		{Name: "A1", Files: []string{"x_test.go"}}, {Name: "A2", Files: []string{"x_test.go"}}, {Name: "Gone", Estimate: time.Hour},
	}}}}
	seconds := func(names ...string) map[string]time.Duration {
		all := map[string]time.Duration{}
		for _, name := range names {
			all[name] = time.Second
		}
		return all
	}
	many := history.Measured{Package: "m", Start: 10 * ms, Tests: map[string]time.Duration{"Many": 8100 * ms, "M": 100 * ms}, Subtests: map[string]history.Subtests{
		"Many": {Own: 100 * ms, Times: seconds("a", "b", "c", "d", "e", "f", "g", "h")},
	}}
	spread := map[string]listing.Planned{"m": {Package: plan.Package{Name: "m", Tests: []plan.Test{
		{Name: "M"}, {Name: "Many", Pieces: []plan.Piece{{Subtests: []string{"a", "b", "c", "d"}}, {Subtests: []string{"e", "f"}}}},
	}}}}
	ideals := func(n, two, any time.Duration) []report.Ideal {
		return []report.Ideal{{Workers: 2, Time: n}, {Workers: 4, Time: two}, {Time: any}}
	}
	for _, test := range []struct {
		name     string
		mode     plan.Mode
		measured []history.Measured
		plans    map[string]listing.Planned
		want     *report.Advice
	}{
		{"nothing ran", plan.Load, nil, nil, nil},
		{"one test ran", plan.Load, []history.Measured{b}, nil, nil},
		{"every worker ran everything", plan.Each, []history.Measured{a, b}, nil, nil},
		{"packages, of which load would split one", plan.LoadScope, []history.Measured{a, b}, scope(true), &report.Advice{
			Longest: report.Unit{Package: "a", Kind: "package", Time: 360 * ms}, Ideal: ideals(360*ms, 360*ms, 360*ms),
			Better: report.Ideal{Mode: "load", Workers: 2, Time: 310 * ms},
		}},
		{"packages that must not be split", plan.LoadScope, []history.Measured{a, b}, scope(false), &report.Advice{
			Longest: report.Unit{Package: "a", Kind: "package", Time: 360 * ms}, Ideal: ideals(360*ms, 360*ms, 360*ms),
		}},
		{"tests", plan.Load, []history.Measured{a, b}, nil, &report.Advice{
			Longest: report.Unit{Package: "a", Kind: "test", Name: "A2", Time: 310 * ms}, Ideal: ideals(310*ms, 310*ms, 310*ms),
		}},
		{"a test whose subtests can be spread", plan.Load, []history.Measured{many}, nil, &report.Advice{
			Longest: report.Unit{Package: "m", Kind: "test", Name: "Many", Time: 8110 * ms}, Ideal: ideals(8110*ms, 8110*ms, 8110*ms),
			Better: report.Ideal{Mode: "loadsub", Workers: 2, Time: 4155 * ms},
		}},
		{"the same test in its first run", plan.LoadSub, []history.Measured{many}, nil, &report.Advice{
			Longest: report.Unit{Package: "m", Kind: "test", Name: "Many", Time: 8110 * ms}, Ideal: ideals(8110*ms, 8110*ms, 8110*ms),
			Better: report.Ideal{Mode: "loadsub", Workers: 2, Time: 4155 * ms}, Again: true,
		}},
		{"a package with such a test", plan.LoadScope, []history.Measured{many}, map[string]listing.Planned{"m": {Package: plan.Package{Name: "m", Whole: true}, Splits: true}}, &report.Advice{
			Longest: report.Unit{Package: "m", Kind: "package", Time: 8210 * ms}, Ideal: ideals(8210*ms, 8210*ms, 8210*ms),
			Better: report.Ideal{Mode: "loadsub", Workers: 2, Time: 4155 * ms},
		}},
		{"a test whose subtests were spread", plan.LoadSub, []history.Measured{many}, spread, &report.Advice{
			Longest: report.Unit{Package: "m", Kind: "test", Name: "Many[1/2]", Time: 4110 * ms}, Ideal: ideals(4155*ms, 4110*ms, 4110*ms),
		}},
		{"files", plan.LoadFile, []history.Measured{a}, files, &report.Advice{
			Longest: report.Unit{Package: "a", Kind: "file", Name: "x_test.go", Time: 410 * ms}, Ideal: ideals(410*ms, 410*ms, 410*ms),
		}},
	} {
		got := advise(test.mode, 2, 2, test.measured, test.plans, new(history.History))
		if (got == nil) != (test.want == nil) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
			continue
		}
		if got == nil {
			continue
		}
		if got.More != (report.Ideal{}) || got.Alone.Time == 0 || got.Even == 0 {
			t.Errorf("%s: got %+v", test.name, got)
		}
		if more := advise(test.mode, 2, 3, test.measured, test.plans, new(history.History)).More; more.Workers != 3 || more.Time <= 0 {
			t.Errorf("%s: with a third processor: got %+v", test.name, more)
		}
		if got.Longest != test.want.Longest || got.Better != test.want.Better || got.Again != test.want.Again || len(got.Ideal) != 3 ||
			[3]report.Ideal(got.Ideal) != [3]report.Ideal(test.want.Ideal) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, *got, *test.want)
		}
	}
}
