package stress

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// events are those of a process in which TestA fails with a message, or passes without one.
func events(message string) option.Repeated {
	if message == "" {
		return option.Repeated{Passed: []string{"TestA", "TestB"}}
	}
	var b strings.Builder
	for _, e := range []struct{ action, test, output string }{
		{"run", "TestA", ""}, {"output", "TestA", "    a_test.go:3: " + message + "\n"}, {"fail", "TestA", ""}, {"run", "TestB", ""}, {"pass", "TestB", ""}, {"fail", "", ""},
	} {
		fmt.Fprintf(&b, `{"Action":%q,"Package":"m/p","Test":%q,"Output":%q}`+"\n", e.action, e.test, e.output)
	}
	return option.Repeated{Failed: true, Events: []byte(b.String())}
}

func asked(count int) option.Stress {
	s := option.Stress{Count: count, Shuffle: "100"}
	s.Args = []string{"-count=1", "./p", "-run", "TestA"}
	return s
}

const wantText = `FAIL m/p TestA: got 1
  2 of 4 runs: 50% (95% interval 15% to 85%)
  first in process 2, with -shuffle=101:
        a_test.go:3: got 1
  its process again: go test -shuffle=101 m/p -count=1 -run TestA

FAIL m/p TestA: refused
  1 of 4 runs: 25% (95% interval 4.6% to 70%)
  first in process 3, with -shuffle=102:
        a_test.go:3: refused
  its process again: go test -shuffle=102 m/p -count=1 -run TestA

DONE 3 of 4 processes failed: 75% (95% interval 30% to 95%) in 4s (1 per second)
`

func TestFailuresAreGroupedByTheirMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := newTally(asked(4), time.Now)
		var news []string
		tally.found = func(line string) { news = append(news, line) }
		stop := tally.progress(3500 * time.Millisecond)
		var all []option.Repeat
		for {
			next, ok := tally.Next("m/p", []string{"-test.v=true"})
			if !ok {
				break
			}
			all = append(all, next)
		}
		for i, message := range []string{"", "got 1", "refused", "got 2"} {
			time.Sleep(time.Second)
			tally.Ended(all[i], events(message))
		}
		stop()
		if got := fmt.Sprint(all[1].Args); got != "[-test.shuffle=101 -test.v=true]" {
			t.Error(got)
		}
		if got := tally.text(); got != wantText {
			t.Errorf("got\n%s", got)
		}
		if got, want := strings.Join(news, "\n"), "process 2 failed: m/p TestA: got 1\nprocess 3 failed: m/p TestA: refused\n4s: 3 processes, 2 failed"; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// Numbers, ids and random names are no other message. There are not too many groups.
func TestGroupsOfMessages(t *testing.T) {
	group := func(messages ...string) int {
		tally := newTally(asked(1000), time.Now)
		for _, message := range messages {
			next, _ := tally.Next("m/p", nil)
			tally.Ended(next, events(message))
		}
		return len(tally.groups)
	}
	if n := group("file 1 at 0xc000 of 6f1e-abcd-77", "file 2 at 0xd00f of 0a1b-cdef-99", "file 10 at 0x1 of a-b1"); n != 1 {
		t.Errorf("%d groups", n)
	}
	if n := group("no file", "no folder"); n != 2 {
		t.Errorf("%d groups", n)
	}
	var many []string
	for i := range 3 * mostGroups {
		many = append(many, strings.Repeat("x", i+1))
	}
	if n := group(many...); n != mostGroups+1 {
		t.Errorf("%d groups", n)
	}
}

func TestWhenNoMoreProcessesRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := func(tally *tally) (n int) {
			for ; n < 100; n++ {
				next, ok := tally.Next("m/p", nil)
				if !ok {
					break
				}
				time.Sleep(time.Second)
				tally.Ended(next, events("no"))
			}
			return n
		}
		limited := asked(0)
		limited.For = 5 * time.Second
		if n := started(newTally(limited, time.Now)); n != 5 {
			t.Errorf("%d within 5 s", n)
		}
		few := asked(50)
		few.MaxFails = 3
		if n := started(newTally(few, time.Now)); n != 3 {
			t.Errorf("%d until 3 failed", n)
		}
		other := newTally(asked(50), time.Now)
		other.only = map[string][]string{"m/q": {"TestA"}}
		if n := started(other); n != 0 {
			t.Errorf("%d of a package that was not changed", n)
		}
		if next, ok := other.Next("m/q", []string{"-test.run=X"}); !ok || next.Args[1] != "-test.run=^TestA$" {
			t.Errorf("%q", next.Args)
		}
		failing := newTally(asked(50), time.Now)
		next, _ := failing.Next("m/p", nil)
		failing.Ended(next, option.Repeated{Failed: true, Err: errors.New("no test2json")})
		if n := started(failing); n != 0 || conclude(failing, nil, nil, new(strings.Builder), nil).Error() != "no test2json" {
			t.Errorf("%d after an error", n)
		}
	})
}

func TestConclude(t *testing.T) {
	passing, failing, empty := newTally(asked(1), time.Now), newTally(asked(1), time.Now), newTally(asked(1), time.Now)
	for tally, message := range map[*tally]string{passing: "", failing: "no"} {
		next, _ := tally.Next("m/p", nil)
		tally.Ended(next, events(message))
	}
	for name, c := range map[string]struct {
		tally *tally
		err   error
		code  int
		text  string
	}{
		"passed":      {passing, nil, 0, "DONE 1 process passed, so that the rate of failures is below 79% (95% interval) in "},
		"failed":      {failing, nil, 1, "DONE 1 of 1 process failed: 100% (95% interval 21% to 100%) in "},
		"interrupted": {failing, exit.Error{Code: 130}, 130, "DONE 1 of 1 process failed"},
		"nothing ran": {empty, nil, 1, ""},
		"not built":   {empty, exit.Error{Code: 1}, 1, ""},
	} {
		var out strings.Builder
		err := conclude(c.tally, nil, c.err, &out, nil)
		if exit.Code(err) != c.code || !strings.Contains(out.String(), c.text) {
			t.Errorf("%s: %v, %s", name, err, &out)
		}
	}
}
