package signals

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// told is a target that records its calls.
type told struct {
	name string
	say  func(format string, args ...any)
}

func (s told) Interrupt(sig os.Signal) { s.say("%s: %v", s.name, sig) }
func (s told) Kill()                   { s.say("%s: kill", s.name) }
func (s told) CleanUp() error          { s.say("%s: clean up", s.name); return nil }

// untold is the target of a limited phase.
type untold struct{ OnlyAsks }

func (untold) Limit(Past) {}

// A run goes through its phases, and signals arrive in some of them.
func TestSignalsInEachPhase(t *testing.T) {
	for name, test := range map[string]struct {
		does string // phases, signals, and delays
		want string
	}{
		"none": {does: "setup tests reports teardown end"},
		"one while tests run": {
			does: "setup tests INT reports teardown end", want: "tests: interrupt",
		},
		"two while tests run": {
			does: "tests INT TERM 4s reports 4s teardown end", want: "tests: interrupt, tests: kill",
		},
		"two of one kind": {
			does: "tests HUP HUP end", want: "tests: hangup, tests: kill",
		},
		"SIGQUIT is one of them": {
			does: "tests QUIT QUIT reports teardown end", want: "tests: quit, tests: kill",
		},
		"the run sends it to itself": {
			does: "tests OWN INT INT", want: "tests: quit, tests: kill, tests: clean up, exit 131",
		},
		"it came before the phase": {
			does: "setup TERM tests end", want: "setup: terminated, tests: terminated",
		},
		"the kill came before the phase": {
			does: "setup INT INT tests end", want: "setup: interrupt, setup: kill, tests: kill",
		},
		"the teardown does not receive those before it": {
			does: "tests INT teardown INT end", want: "tests: interrupt, teardown: kill",
		},
		"the first one in the teardown": {
			does: "tests teardown TERM end", want: "teardown: terminated",
		},
		"the teardown has its time though the tests were killed": {
			does: "tests INT INT teardown 1h INT 4s end", want: "tests: interrupt, tests: kill, teardown: kill",
		},
		"a third one": {
			does: "tests INT INT INT", want: "tests: interrupt, tests: kill, tests: clean up, exit 130",
		},
		"it hangs after the second": {
			does: "setup tests TERM INT 5s", want: "tests: terminated, tests: kill, setup: clean up, tests: clean up, exit 143",
		},
		"it hangs after the second, in a later phase": {
			does: "tests INT INT 4s reports 4s teardown 4s end", want: "tests: interrupt, tests: kill",
		},
		"the reports hang after the second": {
			does: "tests INT INT 4s reports 5s", want: "tests: interrupt, tests: kill, tests: clean up, exit 130",
		},
		"the teardown hangs after two of its own": {
			does: "tests teardown HUP HUP 5s", want: "teardown: hangup, teardown: kill, tests: clean up, teardown: clean up, exit 129",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var said []string
				say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
				w := NewWatch()
				w.Exit = func(code int) { say("exit %d", code) }
				for word := range strings.FieldsSeq(test.does) {
					if d, err := time.ParseDuration(word); err == nil {
						time.Sleep(d)
					}
					switch word {
					case "setup", "tests":
						w.PassTo(told{word, say})
					case "reports":
						w.PassToReports(untold{})
					case "teardown":
						w.PassNewTo(told{word, say})
					case "INT", "TERM", "HUP", "QUIT":
						w.Send(map[string]os.Signal{
							"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT,
						}[word])
					case "OWN":
						w.SendOwn(syscall.SIGQUIT)
					}
					synctest.Wait()
				}
				if asked, signalled := w.Ctx.Err() == nil, w.Received() != 0; asked == signalled {
					t.Errorf("the go command is asked: %v, a signal came: %v", asked, signalled)
				}
				w.Stop()
				synctest.Wait()
				if got := strings.Join(said, ", "); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		})
	}
}
