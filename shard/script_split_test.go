package shard

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// cmdSameSplit runs gotestshard on three workers with split packages, and go test with the
// same arguments. It compares the results of each test and how often it ran, the output of
// each test, and the exit codes. With -changing, it does not compare the output. It uses no
// timing history, because with one a small package could stay whole. The files split.json,
// stdout and stderr get the events and the output of the split run:
// samesplit [-changing] MODE CODE ARGS...
func cmdSameSplit(ts *testscript.TestScript, neg bool, args []string) {
	changing := len(args) > 0 && args[0] == "-changing"
	if changing {
		args = args[1:]
	}
	if neg || len(args) < 3 {
		ts.Fatalf("usage: samesplit [-changing] MODE CODE ARGS...")
	}
	mode, code, args := args[0], args[1], args[2:]
	chdir := 0 // number of arguments that must stay first
	if args[0] == "-C" {
		chdir = 2
	}
	command := slices.Concat([]string{"-n", "3", "--timings", "off", "--dist", mode, "-f", "standard-verbose", "--jsonfile", ts.MkAbs("split.json"), "--"}, args)
	run := func() map[string]string {
		if got := shardtest.ExitCode(ts.Exec("gotestshard", command...)); fmt.Sprint(got) != code {
			ts.Fatalf("gotestshard: exit code %d, want %s\n%s%s", got, code, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
		return testsOf(ts, ts.ReadFile(ts.MkAbs("split.json")), !changing)
	}
	key := scriptOracle.next(ts)
	got := run()
	if scriptOracle.knows(key, mapText(got)) {
		return
	}
	if got := shardtest.ExitCode(ts.Exec("go", slices.Concat([]string{"test"}, args[:chdir], []string{"-json"}, args[chdir:])...)); fmt.Sprint(got) != code {
		ts.Fatalf("go test: exit code %d, want %s\n%s", got, code, ts.ReadFile("stdout"))
	}
	want := testsOf(ts, ts.ReadFile("stdout"), !changing)
	if len(want) == 0 {
		ts.Fatalf("go test ran nothing: %s", ts.ReadFile("stderr"))
	}
	scriptOracle.agree(key, true, mapText(want))
	got = run() // its output is for the script
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			ts.Fatalf("%s is\n%s\nwant, as with go test,\n%s", name, got[name], want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			ts.Fatalf("not in go test: %s %s", name, got[name])
		}
	}
}

// addedLine matches the lines about rerunning a failed test, and the note about
// equal output of several processes in a package.
var addedLine = regexp.MustCompile(`(?m)^ *gotestshard: (rerun: |the test process on \S+ failed(, although| after) |ran after \d+ others? |\d+ test processes printed this before their first test, ).*\n`)

// testsOf returns the data of each test and package in a stream: how often it started, how it
// ended each time, and its output lines. The lines of a package are sorted.
func testsOf(ts *testscript.TestScript, stream string, output bool) map[string]string {
	actions, texts := map[string][]string{}, map[string]string{}
	for line := range strings.Lines(stream) {
		var e struct{ Action, Package, Test, Output, Key, Value string }
		ts.Check(json.Unmarshal([]byte(line), &e))
		name := e.Package + " " + e.Test
		switch e.Action {
		case "run", "pass", "fail", "skip", "start":
			actions[name] = append(actions[name], e.Action)
		case "attr":
			actions[name] = append(actions[name], "attr "+e.Key+"="+e.Value)
		case "output":
			texts[name] += e.Output
		}
	}
	tests := map[string]string{}
	for name, list := range actions {
		slices.Sort(list)
		tests[name] = strings.Join(list, " ")
		if output {
			text := addedLine.ReplaceAllString(shardtest.Normal(texts[name]), "")
			if strings.HasSuffix(name, " ") {
				text = shardtest.Sorted(text)
			}
			tests[name] += "\n" + text
		}
	}
	return tests
}

// cmdCheckShards checks that the table of shards, the report and the events of a run have the
// same counts for each worker, and that the sums match the last line:
// checkshards STDOUT REPORT EVENTS
func cmdCheckShards(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: checkshards STDOUT REPORT EVENTS")
	}
	type counts struct{ Tests, Failed, Flaky, Skipped int }
	output := ts.ReadFile(args[0])
	table, reported, events := map[string]counts{}, map[string]counts{}, map[string]counts{}
	var sum counts
	for _, row := range regexp.MustCompile(`(?m)^(gw\d+) +\d+ +(\d+) +(\d+)( +\d+)? +(\d+) +[0-9.]+s `).FindAllStringSubmatch(output, -1) {
		var c counts
		_, err := fmt.Sscan(strings.Join([]string{row[2], row[3], row[5], row[4], "0"}, " "), &c.Tests, &c.Failed, &c.Skipped, &c.Flaky)
		ts.Check(err)
		table[row[1]] = c
		sum = counts{sum.Tests + c.Tests, sum.Failed + c.Failed, sum.Flaky + c.Flaky, sum.Skipped + c.Skipped}
	}
	var report struct {
		Workers []struct {
			Worker string
			counts
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &report))
	for _, worker := range report.Workers {
		reported[worker.Worker] = worker.counts
	}
	for line := range strings.Lines(ts.ReadFile(args[2])) {
		var e struct{ Action, Test, Worker string }
		ts.Check(json.Unmarshal([]byte(line), &e))
		c := events[e.Worker]
		switch {
		case e.Test == "":
			continue
		case e.Action == "fail":
			c.Failed++
		case e.Action == "skip":
			c.Skipped++
		case e.Action != "pass":
			continue
		}
		c.Tests++
		events[e.Worker] = c
	}
	// A rerun is not another test, and events do not show which of them are reruns.
	reran := strings.Contains(output, "\nDONE 2 runs,")
	if !maps.Equal(table, reported) || !reran && !maps.Equal(table, events) {
		ts.Fatalf("the table has %v, the report %v, the events %v", table, reported, events)
	}
	done := counts{}
	for word, n := range map[string]*int{"tests?": &done.Tests, "failures?": &done.Failed, "skipped": &done.Skipped, "flaky": &done.Flaky} {
		if match := regexp.MustCompile(`\b(\d+) ` + word + `\b`).FindStringSubmatch(output[strings.LastIndex(output, "\nDONE "):]); match != nil {
			_, err := fmt.Sscan(match[1], n)
			ts.Check(err)
		}
	}
	if sum != done || sum.Tests == 0 {
		ts.Fatalf("the workers have %v, the last line %v", sum, done)
	}
}
