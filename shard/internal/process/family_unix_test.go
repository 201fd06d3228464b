//go:build unix

package process

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The members of a family in a snapshot of all processes.
func TestFamily(t *testing.T) {
	const (
		us    = 100 // the session
		shell = 90
		mine  = "r.1"
	)
	marked := func(mark string) func() (string, bool) { return func() (string, bool) { return mark, true } }
	unknown := func() (string, bool) { return "", false }
	base := []entry{
		{identity: identity{1, 0}, mark: unknown},
		{identity: identity{shell, 1}, parent: 1, group: shell, session: us, mark: unknown},
		{identity: identity{100, 10}, parent: shell, group: 100, session: us, mark: marked("")},
		{identity: identity{200, 20}, parent: 100, group: 150, session: us, mark: unknown}, // the root
	}
	root := &family{root: identity{200, 20}, group: 150, session: us, mark: mine}
	for name, test := range map[string]struct {
		family *family
		more   []entry
		want   []int
	}{
		"the command alone": {family: root, want: []int{200}},
		"what it started, and what that did": {family: root, more: []entry{
			{identity: identity{302, 32}, parent: 301, group: 301, session: us, mark: unknown},
			{identity: identity{301, 31}, parent: 200, group: 301, session: us, mark: unknown},
		}, want: []int{200, 301, 302}},
		"in a session of its own, as long as its parent lives": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 200, group: 301, session: 301, mark: unknown},
		}, want: []int{200, 301}},
		"an orphan in a session of its own is a daemon": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 301, session: 301, mark: marked(mine)},
		}, want: []int{200}},
		"an orphan in the session that the root has made": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 301, session: 200, mark: marked(mine)},
		}, want: []int{200, 301}},
		"an orphan with the mark, and of a run in this one": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 301, session: us, mark: marked(mine)},
			{identity: identity{302, 32}, parent: 1, group: 302, session: us, mark: marked(mine + ":s.1")},
		}, want: []int{200, 301, 302}},
		"an orphan of another command, or of none": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 150, session: us, mark: marked("r.11")},
			{identity: identity{302, 32}, parent: 1, group: 150, session: us, mark: unknown},
			{identity: identity{303, 33}, parent: 1, group: 301, session: us, mark: marked("")},
		}, want: []int{200}},
		"an orphan that has overwritten its environment, in the group of the root": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 200, session: us, mark: marked("")},
		}, want: []int{200, 301}},
		"one in a group that several commands share": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 150, session: us, mark: marked("")},
		}, want: []int{200}},
		"one that has overwritten it and has a parent, or is older": {family: root, more: []entry{
			{identity: identity{301, 31}, parent: shell, group: 200, session: us, mark: marked("")},
			{identity: identity{302, 19}, parent: 1, group: 200, session: us, mark: marked("")},
		}, want: []int{200}},
		"another process has the id of the root, which has ended": {
			family: &family{root: identity{200, 5}, group: 150, session: us, mark: mine},
			more:   []entry{{identity: identity{301, 31}, parent: 200, group: 200, session: us, mark: marked("")}},
		},
		"one that got a signal stays": {
			family: &family{root: identity{200, 5}, group: 150, session: us, mark: mine, met: map[identity]bool{{301, 31}: true, {302, 1}: true}},
			more: []entry{
				{identity: identity{301, 31}, parent: 1, group: 301, session: 301, mark: marked(mine)},
				{identity: identity{302, 32}, parent: 1, group: 302, session: 302, mark: marked("")},
			},
			want: []int{301},
		},
		"without a mark, the group that it leads": {family: &family{root: identity{200, 20}, group: 200, session: us}, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 200, session: us, mark: unknown},
			{identity: identity{302, 32}, parent: 1, group: 302, session: us, mark: unknown},
		}, want: []int{200, 301}},
		"without a mark in our group, what has its parent": {family: &family{root: identity{200, 20}, group: 100, session: us}, more: []entry{
			{identity: identity{301, 31}, parent: 1, group: 100, session: us, mark: unknown},
			{identity: identity{302, 32}, parent: 200, group: 100, session: us, mark: unknown},
		}, want: []int{200, 302}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, e := range test.family.among(slices.Concat(base, test.more)) {
				got = append(got, e.pid)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestMarks(t *testing.T) {
	t.Setenv(markVariable, "")
	outer := newMark()
	t.Setenv(markVariable, outer)
	inner := newMark()
	if !carries(inner, outer) || !carries(outer, outer) || carries(outer, inner) || carries(outer+"1", outer) {
		t.Errorf("%q in %q", inner, outer)
	}
	env := marked(os.Environ(), inner)
	if env[len(env)-1] != markVariable+"="+inner || strings.Count(strings.Join(env, "\n"), markVariable+"=") != 1 {
		t.Errorf("%q", env)
	}
}

func TestKillOtherRefusesWhatIsNoTest(t *testing.T) {
	for _, identity := range []string{"1 0 0 mark ", "0 0 0 mark ", "-1 0 0 mark ", "-5 0 0 mark ", "", "x", "5"} {
		if err := KillOther(identity); err == nil {
			t.Fatalf("killing %q was accepted", identity)
		}
	}
}
