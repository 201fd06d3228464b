package shard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdCheckWorkers reads lines "WORKER start|end NANOSECONDS" from test processes. It checks
// that at most MAX ran at the same time, never two on one worker, and that PROCESSES ran in
// total, or with + at least as many: checkworkers FILE MAX PROCESSES[+]
func cmdCheckWorkers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: checkworkers FILE MAX PROCESSES")
	}
	limit, err := strconv.Atoi(args[1])
	ts.Check(err)
	type moment struct {
		worker, what string
		at           int64
	}
	var moments []moment
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var m moment
		_, err := fmt.Sscan(line, &m.worker, &m.what, &m.at)
		ts.Check(err)
		moments = append(moments, m)
	}
	slices.SortFunc(moments, func(a, b moment) int { return int(a.at - b.at) })
	running, processes := map[string]bool{}, 0
	for _, m := range moments {
		index, err := strconv.Atoi(strings.TrimPrefix(m.worker, "gw"))
		ts.Check(err)
		if index >= limit {
			ts.Fatalf("worker %s of %d", m.worker, limit)
		}
		if start := m.what == "start"; start == running[m.worker] {
			ts.Fatalf("worker %s: %s while running=%v", m.worker, m.what, running[m.worker])
		} else if start {
			processes++
			running[m.worker] = true
		} else {
			delete(running, m.worker)
		}
		if len(running) > limit {
			ts.Fatalf("%d processes ran at the same time", len(running))
		}
	}
	least, more := strings.CutSuffix(args[2], "+")
	want, err := strconv.Atoi(least)
	ts.Check(err)
	if processes != want && !(more && processes > want) {
		ts.Fatalf("%d processes, want %s", processes, args[2])
	}
}

// cmdCheckStream checks a go test -json stream: each package starts once and ends once, and
// all lines are JSON: checkstream FILE
func cmdCheckStream(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: checkstream FILE")
	}
	starts, ends := map[string]int{}, map[string]int{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e struct{ Action, Package, Test string }
		decoder := json.NewDecoder(bytes.NewReader([]byte(line)))
		if err := decoder.Decode(&e); err != nil {
			ts.Fatalf("%q: %v", line, err)
		}
		switch {
		case e.Package == "" || e.Test != "":
		case e.Action == "start":
			starts[e.Package]++
		case e.Action == "pass", e.Action == "fail", e.Action == "skip":
			ends[e.Package]++
		}
	}
	if len(ends) == 0 {
		ts.Fatalf("no package ended")
	}
	for pkg, n := range ends {
		if n != 1 || starts[pkg] != 1 {
			ts.Fatalf("%s started %d times and ended %d times", pkg, starts[pkg], n)
		}
	}
	if len(starts) != len(ends) {
		ts.Fatalf("%d packages started and %d ended", len(starts), len(ends))
	}
}

// cmdCheckSerial checks the times of packages that ran one after another: in the events and
// in the result lines, their sum must be at most twice the time of the stream. If the times
// included waiting for each other, four packages of equal length would take two and a half
// times as long as the stream. Some time counts twice, because their hooks start in
// parallel: checkserial FILE
func cmdCheckSerial(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: checkserial FILE")
	}
	var first, last time.Time
	var sum, printed time.Duration
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e struct {
			Time                 time.Time
			Action, Test, Output string
			Elapsed              float64
		}
		ts.Check(json.Unmarshal([]byte(line), &e))
		if first.IsZero() {
			first = e.Time
		}
		last = e.Time
		if e.Test == "" && e.Action == "pass" {
			sum += time.Duration(e.Elapsed * float64(time.Second))
		}
		if fields := strings.Fields(e.Output); len(fields) == 3 && fields[0] == "ok" {
			took, err := time.ParseDuration(fields[2])
			ts.Check(err)
			printed += took
		}
	}
	if wall := last.Sub(first); min(sum, printed) == 0 || max(sum, printed) > 2*wall {
		ts.Fatalf("the packages took %v by their events and %v by their result lines, in %v", sum, printed, wall)
	}
}
