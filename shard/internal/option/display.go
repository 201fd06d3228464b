package option

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// Display is what is printed while the tests run, and after them.
type Display struct {
	Format        string
	FormatOptions testjson.FormatOptions
	WorkerPrefix  bool
	NoColor       bool
	HideSummary   testjson.Summary // the sections to print, as testjson has it
	HideShards    bool
	// HideFailedParents is whether a test that failed only because a subtest did
	// is left out of the summary.
	HideFailedParents bool
	// FailuresNow is whether a failure is shown when it happens, in any format.
	FailuresNow bool
	// Area is whether what runs now is shown in an area below the output, and Keys whether
	// keys are read then. Otherwise a line is printed after Heartbeat without one, never if
	// that is 0.
	Area, Keys bool
	Heartbeat  time.Duration
	// Heading is the first line of the area, in pieces, and Reasons is why packages run, by import
	// path. Watch mode has them.
	Heading []string
	Reasons map[string]string

	failures    string // the value of --failures: failuresAuto, failuresNow or failuresEnd
	ownFailures bool   // whether the user chose one
	live        string // what Area is: liveAuto, liveAlways or liveNever
	prefix      string // when WorkerPrefix is on: prefixAuto, prefixAlways or prefixNever
}

// The values of --worker-prefix.
const (
	prefixAuto   = "auto" // with two workers or more
	prefixAlways = "always"
	prefixNever  = "never"
)

// The values of --failures.
const (
	failuresAuto = "auto" // now at a terminal with workers
	failuresNow  = "now"
	failuresEnd  = "end"
)

// The values of --live.
const (
	liveAuto   = "auto" // at a terminal
	liveAlways = "always"
	liveNever  = "never"
)

// newDisplay returns the defaults: plain is for output without colors.
func newDisplay(plain bool) Display {
	return Display{NoColor: plain, HideSummary: testjson.SummarizeAll}
}

func (d *Display) flags() []flag {
	return []flag{
		{name: "worker-prefix", needs: needsSeveral, to: choice(&d.prefix, "when", prefixAuto, prefixAlways, prefixNever), value: prefixAuto, merge: true,
			help: "put the worker in front of each line: auto (with two or more workers), always, never"},
		{name: "failures", to: choice(&d.failures, "when", failuresAuto, failuresNow, failuresEnd), value: failuresAuto, merge: true,
			help: "when to show the output of failed tests: now (when a test fails), end (in the summary, unless the format shows it), auto (now at a terminal with workers)"},
		{name: "live", needs: needsSeveral, to: choice(&d.live, "when", liveAuto, liveAlways, liveNever), value: liveAuto,
			help: "at a terminal, show what runs now below the output: auto (not in a CI), always, never"},
		{name: "heartbeat", needs: needsSeveral, to: &heartbeatValue{&d.Heartbeat}, value: "60s",
			help: "where --live shows nothing, print a line with what still runs after `TIME` without output; off for none"},
		{name: "hide-failed-parents", to: &d.HideFailedParents, merge: true, help: "do not list or count a test that failed only because a subtest failed"},

		{name: "format", task: taskShow, example: `"testname"`, short: "f", to: &d.Format, value: "pkgname", env: "FORMAT", upstream: true, merge: true, help: "print format of test input"},
		{name: "format-hide-empty-pkg", to: &d.FormatOptions.HideEmptyPackages, upstream: true, merge: true, help: "do not print empty packages in compact formats"},
		{name: "format-hivis", to: &d.FormatOptions.UseHiVisibilityIcons, upstream: true, merge: true, hidden: true,
			help: "use high visibility characters in some formats"},
		{name: "format-icons", to: &d.FormatOptions.Icons, env: "FORMAT_ICONS", upstream: true, merge: true, help: "use different icons, see help for options"},
		{name: "no-color", to: &d.NoColor, upstream: true, merge: true, help: "disable color output"},
		{name: "hide-summary", task: taskShow, example: `["skipped"]`, to: &hideSummaryValue{d}, upstream: true, merge: true,
			help: "hide sections of the summary: " + testjson.SummarizeAll.String() + ",shards,all"},
		{name: "no-summary", of: "hide-summary", to: &hideSummaryValue{d}, upstream: true, merge: true, hidden: true, help: "do not print summary of: " + testjson.SummarizeAll.String()},
	}
}

// settlePrefix finds out whether lines have their worker in front, of those that there
// are.
func (d *Display) settlePrefix(distributed bool, workers []string) {
	switch d.prefix {
	case prefixAlways:
		d.WorkerPrefix = distributed
	case prefixAuto:
		d.WorkerPrefix = len(workers) > 1
	}
}

// settleFailures finds out when failures are shown. given is whether the user chose it, and
// terminal whether a person reads the output.
func (d *Display) settleFailures(given, terminal, distributed bool) {
	d.ownFailures = given
	d.FailuresNow = d.failures == failuresNow || d.failures == failuresAuto && terminal && distributed
}

// settleLive finds out whether there is an area, and keys. Programs that share the terminal
// could ask for a password there: that of -exec, or the command of a shard.
func (o *Options) settleLive() {
	inCI := o.CI != ci.None || o.Environ.Get("CI") != ""
	_, exec := gotest.Args(o.Args).Lookup("exec")
	d := &o.Display
	switch d.live {
	case liveAlways:
		d.Area = o.Screen
	case liveAuto:
		d.Area = o.Screen && !inCI && !exec && d.Format != "dots-v2" // which draws itself
	}
	d.Area = d.Area && o.Distributed() && o.Merge == nil
	d.Keys = d.Area && o.Workers > 0 && !o.Watch && !exec
}

// heartbeatValue is a duration, or off.
type heartbeatValue struct{ to *time.Duration }

func (v *heartbeatValue) Type() string { return "duration" }

func (v *heartbeatValue) String() string {
	if *v.to == 0 {
		return heartbeatOff
	}
	return v.to.String()
}

const heartbeatOff = "off"

func (v *heartbeatValue) Set(text string) error {
	if text == heartbeatOff {
		*v.to = 0
		return nil
	}
	took, err := time.ParseDuration(text)
	if err != nil || took < time.Second {
		return fmt.Errorf("write a time from 1s, such as 60s or 5m, or %s", heartbeatOff)
	}
	*v.to = took
	return nil
}

// settleFormat finds out before anything is started whether the format exists. The log
// of a CI that folds has one of its own unless the user chose.
func (d *Display) settleFormat(chosen bool, j Job) error {
	if j.CI.Folds() && !chosen {
		d.Format = "pkgname-and-test-fails" // what failed can be folded
	}
	known := slices.Concat(format.Names, []string{
		"dots-v1", "short", "short-with-failures", "short-verbose", "gotestdox", "github-action",
		"standard-json", "debug", "none",
	})
	if !slices.Contains(known, d.Format) {
		return format.ErrUnknown(d.Format)
	}
	return nil
}

// hideSummaryValue is the value of --hide-summary: gotestsum's sections, which
// are subtracted one by one as gotestsum does, and shards.
type hideSummaryValue struct{ of *Display }

func (v *hideSummaryValue) String() string {
	hidden := testjson.SummarizeAll ^ v.of.HideSummary
	switch {
	case !v.of.HideShards:
		return hidden.String()
	case hidden == testjson.SummarizeNone:
		return "shards"
	}
	return hidden.String() + ",shards"
}

func (v *hideSummaryValue) Type() string { return "summary" }

func (v *hideSummaryValue) separator() string { return "," }

func (v *hideSummaryValue) Set(text string) error {
	if text == "" {
		return nil
	}
	items, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return err
	}
	for _, item := range items {
		if item == "shards" {
			v.of.HideShards = true
			continue
		}
		section, ok := testjson.NewSummary(item)
		if !ok {
			sections := testjson.SummarizeAll.String() + ",shards,all"
			return fmt.Errorf("%svalue must be one or more of: %s", plain.Suggest(item, strings.Split(sections, ",")), sections)
		}
		v.of.HideSummary -= section
		v.of.HideShards = v.of.HideShards || item == "all"
	}
	return nil
}
