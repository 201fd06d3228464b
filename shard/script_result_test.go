package shard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/tools/cover"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// cmdAsPart rewrites a result file as if the run had used --partition with a part of a plan,
// which is a JSON file: aspart NUMBER PLAN FILE [ATTEMPT]
func cmdAsPart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: aspart NUMBER PLAN FILE [ATTEMPT]")
	}
	var parts []plan.Part
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &parts))
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	name := ts.MkAbs(args[2])
	in, err := os.Open(name)
	ts.Check(err)
	defer func() { _ = in.Close() }()
	reader, err := result.NewReader(in)
	ts.Check(err)
	header := reader.Header
	header.Part, header.Parts, header.Digest = number, len(parts), plan.Digest(parts)
	if len(args) > 3 {
		header.Attempt, err = strconv.Atoi(args[3])
		ts.Check(err)
	}
	out, err := os.Create(name + ".new")
	ts.Check(err)
	w, err := result.NewWriter(out, header)
	ts.Check(errors.Join(err, w.Plan(parts)))
	ts.Check(copyRecords(w, reader))
	ts.Check(errors.Join(out.Close(), os.Rename(name+".new", name)))
}

// copyRecords copies the records after the header. If the file is cut, it copies what exists.
func copyRecords(w *result.Writer, reader *result.Reader) error {
	run := history.NewRun()
	for {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, result.ErrCut):
			w.Abandon()
			return nil
		case record.Event != nil:
			err = w.Event(record.Event)
		case record.Stderr != nil:
			err = w.Stderr(record.Stderr.Text)
		case record.Rerun != nil:
			err = w.Rerun(record.Rerun.Attempt)
		case record.Coverage != nil:
			err = w.Coverage(strings.NewReader(record.Coverage.Text))
		case record.Timings != nil:
			err = run.Add(*record.Timings)
		case record.Shard != nil:
			shard := report.Shard{Worker: record.Shard.Worker, Busy: record.Shard.Busy}
			if record.Shard.Started != nil {
				shard.Started, shard.Completed = *record.Shard.Started, *record.Shard.Completed
			}
			for _, pkg := range record.Shard.Packages {
				shard.Packages = append(shard.Packages, report.Package{Name: pkg.Package, Elapsed: pkg.Elapsed, Failed: pkg.Failed})
			}
			for _, run := range record.Shard.Runs {
				shard.Runs = append(shard.Runs, report.Run{Package: run.Package, Started: run.Started, Completed: run.Completed, Failed: run.Failed, Rerun: run.Rerun})
			}
			err = w.Shard(shard)
		case record.End != nil:
			err = errors.Join(w.Timings(run), w.End(*record.End))
		}
		if err != nil {
			return err
		}
	}
}

// cmdNormal writes a text without the parts that differ from run to run: normal FROM TO
func cmdNormal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: normal FROM TO")
	}
	text := shardtest.Normal(ts.ReadFile(args[0]))
	for _, form := range []struct{ pattern, with string }{
		{`\d\d:\d\d:\d\d(\.\d\d\d)?`, "T"}, {`time="[0-9.]+"`, `time="T"`}, {`timestamp="[^"]+"`, `timestamp="T"`},
		{`\d\.\dx, \d+% busy`, "Nx, N% busy"}, {`(?m)\sLongest: .*|\n.* (took|alone takes) .*s[:;] .*$`, ""}, {`value="go1[^"]*"`, `value="go"`},
		{` +busy +idle +started +completed`, " busy idle started completed"}, {`(?m) +$`, ""}, {` +Ts`, " Ts"},
	} {
		text = regexp.MustCompile(form.pattern).ReplaceAllString(text, form.with)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.TrimRight(text, "\n")+"\n"), 0o600))
}

// cmdSameCoverage checks that two profiles have the same coverage for the same blocks, each
// block once: samecoverage FILE FILE
func cmdSameCoverage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samecoverage FILE FILE")
	}
	var texts []string
	for _, name := range args {
		profiles, err := cover.ParseProfiles(ts.MkAbs(name)) // adds up duplicate blocks
		ts.Check(err)
		var lines []string
		for _, p := range profiles {
			text, err := json.Marshal(p)
			ts.Check(err)
			lines = append(lines, string(text))
		}
		slices.Sort(lines)
		texts = append(texts, strings.Join(lines, "\n"))
	}
	if texts[0] != texts[1] || texts[0] == "" {
		ts.Fatalf("%s is\n%s\nand %s\n%s", args[0], texts[0], args[1], texts[1])
	}
}

// cmdSameTests checks that the same tests ended in the same way in two streams:
// sametests FILE FILE
func cmdSameTests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sametests FILE FILE")
	}
	got, want := testsOf(ts, ts.ReadFile(args[0]), false), testsOf(ts, ts.ReadFile(args[1]), false)
	if !maps.Equal(got, want) || len(want) == 0 {
		ts.Fatalf("%s has\n%v\n%s has\n%v", args[0], got, args[1], want)
	}
}

// cmdCut removes bytes from the end of a file: cut FILE BYTES
func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE BYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:len(text)-n]), 0o600))
}

var rerunForms = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9.]*[0-9]m?s`), "Ts"},
	{regexp.MustCompile(`\(cached\)`), "(Ts)"},
	{regexp.MustCompile(` \(Ts\)`), ""},
	{regexp.MustCompile(`0x[0-9a-f]*`), "0xN"},
	{regexp.MustCompile(`oroutine [0-9]*`), "oroutine N"},
	{regexp.MustCompile(`(?m)^created by.*`), "at"},
}

// cmdSameReruns is like cmdSame, but for reruns. It runs each program with a new folder
// $STATE, and also compares their reports: samereruns CODE ARGS...
func cmdSameReruns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: samereruns CODE ARGS...")
	}
	state, reportFile := ts.MkAbs("state"), ts.MkAbs("report.txt")
	ts.Setenv("STATE", state)
	run := func(words ...[]string) (stdout, rest string) {
		ts.Check(errors.Join(os.RemoveAll(state), os.Mkdir(state, 0o700), os.RemoveAll(reportFile)))
		command := append(slices.Concat(words...), append([]string{"--rerun-fails-report=report.txt"}, args[1:]...)...)
		if code := shardtest.ExitCode(ts.Exec(command[0], command[1:]...)); strconv.Itoa(code) != args[0] {
			ts.Fatalf("%q: exit code %d, want %s\n%s%s", command, code, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
		stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
		for _, form := range rerunForms {
			stdout, stderr = form.pattern.ReplaceAllString(stdout, form.with), form.pattern.ReplaceAllString(stderr, form.with)
		}
		text, err := os.ReadFile(reportFile)
		return strings.ReplaceAll(stdout, ts.Getenv("WORK"), "$WORK"), fmt.Sprintf("%s%s%v", stderr, text, err == nil)
	}
	// With workers, the summary is gotestshard's own, and a failed test shows how to rerun it.
	unmarked := func(text string) string {
		return shardtest.Sorted(beforeSummary(addedLine.ReplaceAllString(text, "")))
	}
	key := scriptOracle.next(ts)
	got, gotRest := run([]string{"gotestshard", "-n", "2", "--worker-prefix=never", "--hide-summary=shards"})
	if scriptOracle.knows(key, unmarked(got), gotRest) {
		return
	}
	want, wantRest := run([]string{"gotestsum"})
	if plain, rest := run([]string{"gotestshard"}); plain != want || rest != wantRest {
		ts.Fatalf("without workers, it printed\n%s%s\nwant, as with gotestsum,\n%s%s", plain, rest, want, wantRest)
	}
	if unmarked(got) != unmarked(want) || gotRest != wantRest {
		ts.Fatalf("with workers, it printed\n%s%s\nwant, as with gotestsum,\n%s%s", got, gotRest, want, wantRest)
	}
	scriptOracle.agree(key, true, unmarked(want), wantRest)
}
