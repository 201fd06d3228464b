package listing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// packageOf returns a package with that many tests, whose names have that many bytes in
// total.
func packageOf(tests, bytes int, hides string) suite.Package {
	pkg := suite.Package{ImportPath: "example.com/m/p", Marks: suite.Marks{}, Hides: hides}
	for i := range tests {
		name := fmt.Sprintf("Test%06d", i)
		name += strings.Repeat("x", max(0, bytes/tests-len(name)))
		pkg.Tests = append(pkg.Tests, suite.Test{Name: name, Kind: suite.KindTest, Files: []string{"p_test.go"}})
	}
	return pkg
}

func TestAPackageStaysWholeWhoseTestsCannotBeNamed(t *testing.T) {
	const hides = "TestMain passes its *testing.M to goleak.VerifyTestMain"
	long := gotest.LongestPattern * 5 / 4
	for _, test := range []struct {
		mode  plan.Mode
		bytes int
		hides string
		args  []string
		whole bool
	}{
		{plan.Load, long, "", nil, false},
		{plan.Load, 1000, hides, nil, false},
		{plan.Load, long, hides, nil, true},
		{plan.WorkSteal, long, hides, nil, true},
		{plan.LoadGroup, long, hides, nil, true},
		{plan.Load, long, hides, []string{"-test.run=^Test00000"}, false},
		{plan.Load, 1000, hides, []string{"-test.skip=" + strings.Repeat("x", gotest.LongestPattern)}, true},
		{plan.LoadFile, 1000, "", nil, false},
		{plan.LoadFile, long, "", nil, true},
		{plan.Each, long, hides, nil, false}, // each process runs everything
	} {
		t.Run(fmt.Sprint(test.mode, test.bytes, test.hides != "", len(test.args)), func(t *testing.T) {
			selection, reason := gotest.NewSelection(test.args)
			if reason != "" {
				t.Fatal(reason)
			}
			var said strings.Builder
			l := New(t.Context(), option.Options{Distribution: option.Distribution{Dist: test.mode}}, gotest.Settings{}, nil, &said)
			defer l.Close()
			p := l.plan(packageOf(100, test.bytes, test.hides), selection, new(history.History))
			if p.Whole != test.whole {
				t.Errorf("whole: %v, want %v", p.Whole, test.whole)
			}
			if (said.Len() > 0) != test.whole || test.whole && !strings.HasPrefix(said.String(), "gotestshard: example.com/m/p stays whole: ") {
				t.Errorf("it printed %q", said.String())
			}
		})
	}
}

func TestAPackageStaysWholeThatNeedsOneProcess(t *testing.T) {
	always, covered := suite.Package{Whole: "because"}, suite.Package{WholeCovered: "covered"}
	for _, test := range []struct {
		mode   plan.Mode
		covers bool
		pkg    suite.Package
		want   string
	}{
		{plan.Load, false, always, "gotestshard: example.com/m/p stays whole: because\n"},
		{plan.LoadFile, true, always, "gotestshard: example.com/m/p stays whole: because\n"},
		{plan.WorkSteal, true, covered, "gotestshard: example.com/m/p stays whole: covered\n"},
		{plan.LoadGroup, false, covered, ""},
		{plan.Each, true, always, ""}, // each process runs everything
	} {
		var said strings.Builder
		l := New(t.Context(), option.Options{Distribution: option.Distribution{Dist: test.mode}}, gotest.Settings{Cover: test.covers}, nil, &said)
		defer l.Close()
		pkg := packageOf(3, 100, "")
		pkg.Whole, pkg.WholeCovered = test.pkg.Whole, test.pkg.WholeCovered
		for range 2 { // for --partition, and for the binary
			p := l.plan(pkg, gotest.Selection{}, new(history.History))
			if p.Whole != (test.want != "") || said.String() != test.want {
				t.Errorf("%s, coverage %v, %+v: whole %v, it printed %q, want %q", test.mode, test.covers, test.pkg, p.Whole, said.String(), test.want)
			}
		}
	}
}
