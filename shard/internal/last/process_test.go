package last

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// resultFile writes a result with a whole package m/whole, in which TestP is parallel, and
// a split package m/split.
func resultFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.gotestshard")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := result.NewWriter(file, result.Header{Part: 1, Parts: 1, Started: time.Now(), Workers: []string{"gw0", "gw1"}})
	if err != nil {
		t.Fatal(err)
	}
	event := func(pkg, action, test string) error {
		return w.Event(fmt.Appendf(nil, `{"Action":%q,"Package":%q,"Test":%q}`, action, pkg, test))
	}
	errs := []error{w.Event([]byte(`{"Action":"output","Package":"m/whole","Output":"-test.shuffle 42\n"}`))}
	for change := range strings.SplitSeq("run TestP,pause TestP,run TestA,run TestA/sub,fail TestA/sub,fail TestA,run TestB,pass TestB,cont TestP,pass TestP,run TestZ", ",") {
		action, test, _ := strings.Cut(change, " ")
		errs = append(errs, event("m/whole", action, test))
	}
	for _, test := range []string{"TestB@gw0", "TestA", "TestC", "TestD"} {
		errs = append(errs, event("m/split", "run", test), event("m/split", "pass", test))
	}
	errs = append(errs, w.Rerun(1), event("m/whole", "run", "TestOnlyAgain"), w.Shard(report.Shard{Worker: "gw0"}),
		w.Processes("gw0", []result.ShardProcess{
			{Package: "m/split", Tests: []string{"TestA", "TestC"}}, {Package: "m/split", Tests: []string{"TestC", "TestB"}, Until: map[string]int{"TestC": 2}},
		}),
		w.Processes("gw1", []result.ShardProcess{{Package: "m/split", Tests: []string{"TestD"}}}), w.End(result.End{}), file.Close())
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSameProcess(t *testing.T) {
	file := resultFile(t)
	for _, c := range []struct{ test, packages, want string }{
		{"whole.TestA", "", "m/whole 42 -test.run=^(TestA|TestP)$"},
		{"m/whole.TestP", "", "m/whole 42 -test.run=^(TestA|TestB|TestP)$"},
		{"TestA/sub", "./whole/", "m/whole 42 -test.run=^(TestA|TestP)$"},
		{"TestZ", "", "m/whole 42 -test.run=^(TestA|TestB|TestP|TestZ)$"},
		{"split.TestA", "", "m/split  -test.run=^TestA$"},
		{"TestC", "", "m/split  -test.run=^(TestB|TestC)$"}, // the second process, after a crash of the first one
		{"split.TestB@gw0", "", "m/split  -test.run=^(TestB|TestC)$"},
		{"TestD", "", "m/split  -test.run=^TestD$"},
		{"TestA", "", "error: TestA ran in several packages: m/split, m/whole; name one: gotestshard last --same-process m/split.TestA"},
		{"FuzzSomething", "", "error: FuzzSomething did not run in the last run; gotestshard last -f testname lists what ran"},
		{"TestAB", "split", "error: TestAB did not run in the last run; did you mean TestB? gotestshard last -f testname lists what ran"},
		{"TestOnlyAgain", "", "error: TestOnlyAgain did not run in the last run; gotestshard last -f testname lists what ran"},
		{"other.TestD", "", "error: other.TestD did not run in the last run; gotestshard last -f testname lists what ran"},
	} {
		s, err := sameProcess(&option.Last{SameProcess: c.test, Packages: strings.Fields(c.packages)}, file)
		var got string
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = fmt.Sprintf("%s %s %s", s.packages[0], s.seed, strings.Join(s.narrow(s.packages[0], nil), " "))
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.test, got, c.want)
		}
		if err == nil && !slices.Equal(s.narrow("other", []string{"-x"}), []string{"-x"}) {
			t.Error("another package is narrowed")
		}
	}
}
