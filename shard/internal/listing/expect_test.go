package listing

import (
	"errors"
	"io"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

func TestExpected(t *testing.T) {
	run, file := history.NewRun(), filepath.Join(t.TempDir(), "timings.json")
	run.Test("m/a", "TestA", time.Second, history.Passed)
	run.Test("m/a", "TestB", 3*time.Second, history.Passed)
	run.Package("m/a", 2*time.Second)
	if err := run.Save(file, time.Now()); err != nil {
		t.Fatal(err)
	}
	past, err := history.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	packages := []suite.Package{
		{ImportPath: "m/a", Tests: []suite.Test{{Name: "TestA"}, {Name: "TestB"}, {Name: "TestNew"}}},
		{ImportPath: "m/b", Tests: []suite.Test{{Name: "TestA"}}},
		{ImportPath: "m/empty"},
		{ImportPath: "m/broken", Tests: []suite.Test{{Name: "TestA"}}, Problem: errors.New("it does not compile")},
	}
	other := live.Package{Tests: 1}
	scope := live.Package{Tests: 1, Whole: true}
	for _, test := range []struct {
		name string
		mode plan.Mode
		args []string
		part *Part
		err  error
		want map[string]live.Package
	}{
		{"split packages", plan.Load, nil, nil, nil, map[string]live.Package{"m/a": {Tests: 3, Known: 2, Took: 7 * time.Second}, "m/b": other}},
		{"whole packages, whose parallel tests take less", plan.LoadScope, nil, nil, nil, map[string]live.Package{"m/a": {Tests: 3, Known: 2, Took: 2 * time.Second, Whole: true}, "m/b": scope}},
		{"a selection", plan.Load, []string{"-test.run=TestA"}, nil, nil, map[string]live.Package{"m/a": {Tests: 1, Known: 1, Took: time.Second}, "m/b": other}},
		{"several times", plan.Load, []string{"-test.run=TestA", "-test.count=3"}, nil, nil, map[string]live.Package{"m/a": {Tests: 3, Known: 3, Took: 3 * time.Second}, "m/b": {Tests: 3}}},
		{"a part", plan.Load, nil, &Part{Packages: map[string]plan.PartPackage{"m/a": {Name: "m/a", Tests: []string{"TestB"}}}}, nil, map[string]live.Package{"m/a": {Tests: 1, Known: 1, Took: 3 * time.Second}}},
		{"every test on each worker", plan.Each, nil, nil, nil, nil},
		{"a list that failed", plan.Load, nil, nil, errors.New("no go command"), nil},
		{"benchmarks", plan.Load, []string{"-test.bench=."}, nil, nil, nil},
	} {
		l := New(t.Context(), option.Options{Distribution: option.Distribution{Dist: test.mode}}, gotest.Settings{Binary: test.args}, past, io.Discard)
		l.list = func() ([]suite.Package, error) { return packages, test.err }
		l.Part = test.part
		if got := l.Expected(); got != nil {
			t.Errorf("%s: %v is known before the listing has ended", test.name, got)
		}
		close(l.ended)
		if got := l.Expected(); !maps.Equal(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		l.Close()
	}
}
