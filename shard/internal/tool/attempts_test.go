package tool

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// The events of a run with reruns are split where a package that failed starts again, and each
// part has the attempt of its tests.
func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		name   string
		events string // action, package and test
		want   string // the attempt of each part and its events
	}{
		{"nothing", "", "0:"},
		{"a run", "start p, run p A, pass p A, pass p, start q, pass q", "0: start p, run p A, pass p A, pass p, start q, pass q"},
		{
			"a rerun", "start p, fail p A, fail p, start q, fail q B, fail q, start p, run p A, pass p A, pass p, start q, run q B, pass q B, pass q",
			"0: start p, fail p A, fail p, start q, fail q B, fail q | 1: start p, run p A, pass p A, pass p, start q, run q B, pass q B, pass q",
		},
		{
			"reruns of two tests of a package, one of them twice",
			"start p, fail p A, fail p B, fail p, start p, run p A, fail p A, fail p, start p, run p B, pass p B, pass p, start p, run p A, pass p A, pass p",
			"0: start p, fail p A, fail p B, fail p | 1: start p, run p A, fail p A, fail p | 1: start p, run p B, pass p B, pass p, start p, run p A, pass p A, pass p",
		},
		{
			"a second rerun of another package", "start p, fail p A, fail p, start q, fail q B, fail q, start p, run p A, fail p A, fail p, start q, run q B, fail q B, fail q, start q, run q B, pass q B, pass q",
			"0: start p, fail p A, fail p, start q, fail q B, fail q | 1: start p, run p A, fail p A, fail p, start q, run q B, fail q B, fail q | 2: start q, run q B, pass q B, pass q",
		},
		{"a package that failed outside its tests", "start p, fail p, start p, fail p", "0: start p, fail p | 1: start p, fail p"},
		{"a package without an end", "start p, run p A, start p, run p A, pass p A, pass p", "0: start p, run p A | 1: start p, run p A, pass p A, pass p"},
		{"a run twice", "start p, run p A, pass p A, pass p, start p, run p A, pass p A, pass p", "0: start p, run p A, pass p A, pass p, start p, run p A, pass p A, pass p"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in strings.Builder
			for event := range strings.SplitSeq(c.events, ", ") {
				var action, pkg, test string
				_, _ = fmt.Sscan(event, &action, &pkg, &test) // there may be no test
				if pkg != "" {
					fmt.Fprintf(&in, `{"Action":%q,"Package":%q,"Test":%q}`+"\n", action, pkg, test)
				}
			}
			all := newAttempts(iotest.HalfReader(strings.NewReader(in.String())))
			var parts []string
			for {
				attempt, events := all.next()
				if events == nil {
					break
				}
				text, err := io.ReadAll(events)
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for line := range strings.Lines(string(text)) {
					e := eventOf([]byte(line))
					names = append(names, strings.TrimSpace(e.Action+" "+e.Package+" "+e.Test))
				}
				parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d: %s", attempt, strings.Join(names, ", "))))
			}
			if got := strings.Join(parts, " | "); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// An error of reading ends the events with it.
func TestAttemptsError(t *testing.T) {
	all := newAttempts(iotest.ErrReader(io.ErrUnexpectedEOF))
	_, events := all.next()
	if _, err := io.ReadAll(events); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
	if _, events = all.next(); events != nil {
		t.Error("there is another part")
	}
}
