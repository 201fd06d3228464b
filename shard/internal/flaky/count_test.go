package flaky

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// began is when the first run of a test began.
var began = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

// scanned returns a run of one package p, with events such as "fail TestA", or "out TestA text";
// without a test they are of the package.
func scanned(number int, origin node.Job, events ...string) run {
	r := run{name: "f", header: result.Header{RunID: fmt.Sprint(number), Started: began.Add(time.Duration(number) * 24 * time.Hour), Origin: origin}, builds: map[string]string{}}
	var s outcome.Scanner
	for i, e := range events {
		words := append(strings.SplitN(e, " ", 3), "", "")
		action := words[0]
		if action == "out" {
			action = "output"
		}
		s.Line(fmt.Appendf(nil, `{"Time":%q,"Action":%q,"Package":"p","Test":%q,"Output":%q}`,
			r.header.Started.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), action, words[1], words[2]+"\n"))
	}
	r.ends = s.Ends
	return r
}

var pass, fail = []string{"run A", "pass A", "pass"}, []string{"run A", "fail A", "fail"}

// A result counts as a flip only if nothing has changed since the one before it: the commit in
// a CI, the test binary elsewhere.
func TestFlips(t *testing.T) {
	ci := func(commit string) node.Job { return node.Job{CI: "GitLab", Commit: commit} }
	local := node.Job{Commit: "c1"}
	type step struct {
		origin node.Job
		build  string
		events []string
	}
	for name, test := range map[string]struct {
		steps []step
		want  string
	}{
		"one commit":               {[]step{{ci("c1"), "", pass}, {ci("c1"), "", fail}, {ci("c1"), "", fail}, {ci("c1"), "", pass}}, "2 of 4, 2 flips"},
		"in the order of the runs": {[]step{{ci("c1"), "", pass}, {ci("c1"), "", pass}, {ci("c1"), "", fail}, {ci("c1"), "", fail}}, "2 of 4, 1 flips"},
		"two commits":              {[]step{{ci("c1"), "", pass}, {ci("c2"), "", fail}}, "1 of 2, 0 flips"},
		"two commits by turns":     {[]step{{ci("c1"), "", pass}, {ci("c2"), "", fail}, {ci("c1"), "", pass}, {ci("c2"), "", pass}}, "1 of 4, 1 flips"},
		"edited between two runs":  {[]step{{local, "b1", fail}, {local, "b2", pass}}, "1 of 2, 0 flips"},
		"not edited":               {[]step{{local, "b1", fail}, {local, "b1", pass}}, "1 of 2, 1 flips"},
		"perhaps edited":           {[]step{{local, "", fail}, {local, "", pass}}, "1 of 2, 0 flips"},
		"a rerun is the same run":  {[]step{{local, "", append(append([]string{}, fail...), pass...)}}, "1 of 2, 1 flips"},
		"the commit is not known":  {[]step{{node.Job{CI: "Jenkins"}, "", fail}, {node.Job{CI: "Jenkins"}, "", pass}}, "1 of 2, 0 flips"},
		"other binaries in the CI": {[]step{{ci("c1"), "b1", fail}, {ci("c1"), "b2", pass}}, "1 of 2, 1 flips"},
	} {
		var runs []run
		for i, s := range test.steps {
			r := scanned(i, s.origin, s.events...)
			r.builds["p"] = s.build
			at := len(runs) * (i % 2) // the files may be in any order
			runs = slices.Insert(runs, at, r)
		}
		counted := count(runs)
		if len(counted) == 0 {
			t.Errorf("%s: nothing failed", name)
			continue
		}
		if got := fmt.Sprintf("%d of %d, %d flips", counted[0].Failures, counted[0].Runs, counted[0].Flips); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

const wantText = `5 runs from 2026-11-01 to 2026-11-05 of 2 commits

rate  95% interval  failed  runs  flips  first failed  last failed  test
 33%   6.1% to 79%       1     3      2    2026-11-02   2026-11-02  p A
    say "no"
`

func TestShow(t *testing.T) {
	ci := node.Job{CI: "GitLab", Commit: "c1"}
	runs := []run{
		scanned(0, ci, pass...), scanned(1, ci, "run A", "out A     a_test.go:3: say \"no\"", "fail A", "fail"), scanned(2, ci, pass...),
		scanned(3, node.Job{CI: "GitLab", Commit: "c2"}, "run B", "fail B", "fail"), scanned(4, ci, "run B", "skip B", "pass"),
	}
	s := summarize(runs)
	if got := s.text(false); got != wantText+"\n1 other test failed without passing in the same state of the sources; --all lists them.\n" {
		t.Errorf("got\n%s", got)
	}
	if got := s.text(true); !strings.Contains(got, " p B\n") {
		t.Errorf("got\n%s", got)
	}
	var out, errs strings.Builder
	if err := s.suggest(&out, &errs); err != nil || out.String() != `
[[flaky]]
match = "p.A"
reason = "failed in 1 of 3 runs, last on 2026-11-02: say \"no\""
issue = ""
owner = ""
until = 2026-12-05
` {
		t.Errorf("got %v\n%s%s", err, &out, &errs)
	}
	out.Reset()
	if err := summarize(runs[:1]).suggest(&out, &errs); err != nil || out.Len() > 0 || !strings.Contains(errs.String(), "nothing to suggest") {
		t.Errorf("%v, %s%s", err, &out, &errs)
	}
	if got := summarize(runs[:1]).title(); got != "1 run on 2026-11-01 of 1 commit" {
		t.Error(got)
	}
	if got := summarize(nil).text(false); got != "0 runs\n\nNo test failed.\n" {
		t.Errorf("got\n%s", got)
	}
	if got := quote("a\"\\\x01é"); got != `"a\"\\\u0001é"` {
		t.Error(got)
	}
}

func TestFailuresAfterASignalDoNotCount(t *testing.T) {
	r := scanned(0, node.Job{}, "run A", "fail A", "run B", "fail B", "run C", "pass C", "fail")
	var names []string
	for _, e := range before(r.ends, began.Add(2*time.Second)) {
		names = append(names, e.Test)
	}
	if got := strings.Join(names, " "); got != "A C" {
		t.Error(got)
	}
}
