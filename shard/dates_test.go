package shard

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// onAllDays are moments at which days, years and clocks change, in the zone of the machine
// that runs the tests. All have the same fraction of a second, because JUnit time stamps
// are truncated to full seconds.
var onAllDays = []struct{ zone, start string }{
	{"UTC", "2026-01-31T12:00:00.999Z"},
	{"UTC", "2026-12-31T23:59:59.999Z"},
	{"UTC", "2028-02-29T12:00:00.999Z"},
	{"Europe/Berlin", "2026-03-29T01:59:59.999+01:00"}, // summer time begins
	{"Europe/Berlin", "2026-10-25T02:59:59.999+02:00"}, // summer time ends: the hour comes twice
	{"Asia/Kathmandu", "2026-06-30T23:59:59.999+05:45"},
	{"America/St_Johns", "2026-02-28T23:59:59.999-03:30"},
}

// The same tests at another time produce the same output and the same files.
func TestNoDayAndNoZoneChangesAnything(t *testing.T) {
	shardtest.Expensive(t, "runs all formats in several time zones")
	var recorded []string
	for _, name := range []string{"parallel", "output", "fail", "skip", "attr", "cover", "panicsub", "build", "same", "cached", "exit", "count"} {
		text, err := os.ReadFile(filepath.Join("testdata", "streams", "recorded", name+".out"))
		if err != nil {
			t.Fatal(err)
		}
		recorded = slices.AppendSeq(recorded, strings.Lines(string(text)))
	}
	want := renderAt(t, recorded, "UTC", "2026-01-15T12:00:00.999Z")
	if len(want.events) < len(recorded)/2 || len(want.stamps) == 0 || !strings.Contains(want.printed, "[x] FAIL example.com/streams/parallel\n") {
		t.Fatalf("%d lines have %d events and %d time stamps:\n%s", len(recorded), len(want.events), len(want.stamps), want.printed)
	}
	for _, moment := range onAllDays {
		t.Run(moment.start, func(t *testing.T) {
			got := renderAt(t, recorded, moment.zone, moment.start)
			sameLines(t, "the output", strings.Split(got.printed, "\n"), strings.Split(want.printed, "\n"))
			sameLines(t, "the JUnit files", strings.Split(got.junit, "\n"), strings.Split(want.junit, "\n"))
			sameLines(t, "the events", got.events, want.events)
			sameLines(t, "the times of events", got.times, want.times)
			sameLines(t, "the time stamps", got.stamps, want.stamps)
		})
	}
}

// sameLines reports only the first difference.
func sameLines[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s: line %d is\n%v\nwant\n%v", what, i+1, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d lines, want %d", what, len(got), len(want))
	}
}

// rendered is the output for a stream. Its times are relative to the start of the stream.
type rendered struct {
	printed, junit string
	events         []map[string]any // without their times
	times, stamps  []time.Duration
}

// renderAt renders a stream that starts at a given time in a given zone.
func renderAt(t *testing.T, recorded []string, zone, start string) (r rendered) {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, start)
	if err != nil {
		t.Fatal(err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	stream := filepath.Join(dir, "stream.json")
	if err := os.WriteFile(stream, []byte(startingAt(t, recorded, at.In(location))), 0o600); err != nil {
		t.Fatal(err)
	}
	show := func(args ...string) string {
		cmd := exec.Command("gotestshard", append(args, "--worker-prefix=always", "--hide-summary=shards")...)
		cmd.Dir, cmd.Env = dir, append(environ.Run{}.Without(os.Environ()), "TZ="+zone, "GOVERSION=go1.26", "NO_COLOR=1", "PWD="+dir)
		cmd.Env = append(cmd.Env, shardtest.BuildEnv(t)...)
		out, err := cmd.Output()
		if code := shardtest.ExitCode(err); code != 1 { // tests fail
			t.Fatalf("exit code %d: %s%v", code, out, err)
		}
		return string(out)
	}
	since := func(text string) time.Duration {
		moment, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Error(err)
		}
		return moment.Sub(at)
	}
	const run = "--shard=x=cat stream.json"
	r.printed = show(run, "-f=testname", "--junitfile=gotestsum.xml", "--jsonfile=events.json") +
		show(run, "-f=standard-verbose", "--junitfile=surefire.xml", "--junitfile-style=surefire", "--result=x.gotestshard")
	r.printed += show("merge", "-f=testname", "--junitfile=merged.xml", "--worker-prefix=always", "x.gotestshard")
	// How long a run took depends on the clock.
	r.printed = regexp.MustCompile(`(?m)^(DONE .*) in [0-9.]+s.*$`).ReplaceAllString(r.printed, "$1")
	for _, name := range []string{"gotestsum.xml", "surefire.xml", "merged.xml"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text = regexp.MustCompile(`(?m)^(<testsuites .*) time="[^"]*"`).ReplaceAll(text, []byte("$1")) // as above
		r.junit += regexp.MustCompile(`timestamp="[^"]*"`).ReplaceAllStringFunc(string(text), func(stamp string) string {
			r.stamps = append(r.stamps, since(strings.TrimSuffix(strings.TrimPrefix(stamp, `timestamp="`), `"`)))
			return "timestamp"
		})
	}
	events, err := os.ReadFile(filepath.Join(dir, "events.json"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(events)) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if moment, ok := event["Time"].(string); ok {
			r.times = append(r.times, since(moment))
		}
		delete(event, "Time")
		r.events = append(r.events, event)
	}
	return r
}

// startingAt returns a stream moved to another time.
func startingAt(t *testing.T, recorded []string, start time.Time) string {
	t.Helper()
	form := regexp.MustCompile(`"Time":"([^"]*)"`)
	var first time.Time
	var text strings.Builder
	for _, line := range recorded {
		text.WriteString(form.ReplaceAllStringFunc(line, func(field string) string {
			moment, err := time.Parse(time.RFC3339Nano, form.FindStringSubmatch(field)[1])
			if err != nil {
				t.Fatal(err)
			}
			if first.IsZero() {
				first = moment
			}
			return `"Time":"` + start.Add(moment.Sub(first)).Format(time.RFC3339Nano) + `"`
		}))
	}
	return text.String()
}
