// Package trial finds out whether the packages of a suite can be split: gotestshard trial.
//
//	run: each package in one process, as go test does → what each test does
//	run: split at random, shuffled; three times       → what differs
//	diagnose, for each test that fails only then      → why
//	→ for each package: the mode, and the directives to add
package trial

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// splitRuns is how many runs split the packages.
const splitRuns = 3

// Run runs gotestshard trial; args are those after "trial".
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	asked, err := option.ParseTrial(args, call)
	switch {
	case errors.Is(err, option.ErrHelp):
		return asked.WriteHelp(stdout)
	case err != nil:
		return err
	}
	folder, err := kept.Of(".")
	if err != nil {
		return err
	}
	dir, err := temp.Dir("", "gotestshard-trial-")
	if err != nil {
		return fmt.Errorf("creating a folder for the results of the runs: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	interrupts := signals.Start(true)
	defer interrupts.Stop()
	if asked.CI == ci.None {
		return newTrial(asked, folder.Root, dir, interrupts, stderr).run(stdout)
	}
	log := ci.NewLog(asked.CI, stdout, stderr)
	err = newTrial(asked, folder.Root, dir, interrupts, log.Stderr()).run(log.Stdout())
	exit.Print(log.Stderr(), err)
	if closeErr := log.Close(); err == nil {
		return closeErr
	}
	return exit.Error{Code: exit.Code(err)} // it is already printed
}

// trial is one gotestshard trial.
type trial struct {
	asked      option.Trial
	root       string // of the module
	dir        string // for the results of the runs
	interrupts *signals.Watch
	stderr     io.Writer
	warnings   *lines.Writer // standard error of the runs

	seeds  []int64           // of the split runs
	files  []string          // their results
	whole  map[string]string // why packages cannot be split
	first  ran
	splits []ran
	before map[string]baseline
	found  []found
	spent  time.Duration // for diagnosing
	listed map[string]suite.Package

	mu sync.Mutex // for whole
}

func newTrial(asked option.Trial, root, dir string, interrupts *signals.Watch, stderr io.Writer) *trial {
	t := &trial{
		asked: asked, root: root, dir: dir, interrupts: interrupts, stderr: stderr, warnings: unseen(stderr), whole: map[string]string{},
	}
	seed := asked.Seed
	if seed == 0 {
		seed = time.Now().UnixNano()/1000%1_000_000 + 1 // short, to be typed
	}
	for range splitRuns {
		if seed == 0 { // stands for none
			seed++
		}
		t.seeds = append(t.seeds, seed)
		seed++
	}
	return t
}

func (t *trial) say(text string, args ...any) {
	_, _ = fmt.Fprintf(t.stderr, "gotestshard: %s\n", plain.Line(fmt.Sprintf(text, args...)))
}

// run runs the tests, finds what differs and writes that.
func (t *trial) run(stdout io.Writer) error {
	if err := t.runAll(); err != nil {
		return err
	}
	differences, before := compare(t.first, t.splits, t.ignored)
	t.before = before
	if len(differences) > 0 {
		t.list()
	}
	err := t.diagnose(differences)
	if code := exit.Code(err); err != nil && !exit.IsSignal(code) {
		return err
	}
	report := t.report()
	if t.asked.JSON {
		if writeErr := report.writeJSON(stdout); writeErr != nil {
			return writeErr
		}
	} else if _, writeErr := io.WriteString(stdout, report.text()); writeErr != nil {
		return writeErr
	}
	switch {
	case err != nil:
		return err
	case report.differs():
		return exit.Error{Code: exit.Failed}
	}
	return nil
}

// ignored reports whether the configuration file says that the failures of a test do not count.
func (t *trial) ignored(pkg, test string) bool {
	return slices.ContainsFunc(t.asked.Flaky, func(rule option.FlakyRule) bool { return rule.Match.Matches(pkg, test) })
}

// runAll runs the tests once whole, and several times split.
func (t *trial) runAll() error {
	if err := t.build(); err != nil {
		return err
	}
	t.say("run 1 of %d: each package in one process, as go test runs it", splitRuns+1)
	file := filepath.Join(t.dir, "whole"+result.Extension)
	var err error
	if t.first, err = t.once(t.asked.Whole(file)); err != nil {
		return err
	}
	if !slices.ContainsFunc(values(t.first), func(p *ranPackage) bool { return len(p.tests) > 0 || p.failed }) {
		return exit.Error{Code: exit.Failed, Reason: "no test ran: the packages have no tests, or -run and -skip leave none"}
	}
	if !slices.ContainsFunc(values(t.first), func(p *ranPackage) bool { return p.processes > 0 }) {
		return nil // not one package could be built
	}
	for i, seed := range t.seeds {
		t.say("run %d of %d: split over %d workers with --dist %s, -shuffle=%d", i+2, splitRuns+1, t.asked.Workers, t.asked.Dist, seed)
		file := filepath.Join(t.dir, fmt.Sprintf("split-%d%s", i+1, result.Extension))
		split, err := t.once(t.asked.Split(file, seed, t.staysWhole))
		if err != nil {
			return err
		}
		t.files, t.splits = append(t.files, file), append(t.splits, split)
	}
	return nil
}

// staysWhole notes why a package cannot be split.
func (t *trial) staysWhole(pkg, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.whole[pkg] = reason
}

// build builds the tests. The first run shows what could not be built.
func (t *trial) build() error {
	opts, ok := t.asked.Build(nothing{})
	if !ok {
		return nil
	}
	t.say("building the tests")
	_, err := t.until(opts, building(t.stderr))
	return err
}

// nothing runs no process of any package. It implements option.Repeater.
type nothing struct{}

// Next implements option.Repeater, as Ended does.
func (nothing) Next(string, []string) (option.Repeat, bool) { return option.Repeat{}, false }

// Ended is not called.
func (nothing) Ended(option.Repeat, option.Repeated) {}

// until does a run. What failed in it is not an error.
func (t *trial) until(opts option.Options, stdout io.Writer) (*testjson.Execution, error) {
	passed := signals.NewWatch()
	t.interrupts.PassTo(signals.PassOn{To: passed})
	execution, err := run.Until(passed, opts, stdout, t.warnings)
	t.interrupts.PassTo(signals.OnlyAsks{})
	_ = t.warnings.Close()
	if sig := t.interrupts.Received(); sig != 0 {
		return nil, exit.Signalled(sig)
	}
	if err != nil && exit.Code(err) == exit.Failed && execution != nil {
		err = nil
	}
	return execution, err
}

// once does one run, and returns what its tests did.
func (t *trial) once(opts option.Options) (ran, error) {
	execution, err := t.until(opts, progress(t.stderr))
	if err != nil {
		return nil, err
	}
	r, err := readRun(opts.Result)
	if err != nil {
		return nil, err
	}
	if len(t.splits) == 0 && t.first == nil {
		for _, line := range execution.Errors() { // what could not be built
			_, _ = fmt.Fprintln(t.stderr, strings.TrimRight(line, "\n"))
		}
	}
	return r, nil
}

// diagnose finds out why tests failed only when they were split, each from the first run in which
// it did.
func (t *trial) diagnose(differences []difference) error {
	for _, d := range differences {
		t.found = append(t.found, found{difference: d})
	}
	for i, file := range t.files {
		asked := option.Diagnose{Call: t.asked.Call, File: file, Budget: (t.asked.Budget - t.spent).Round(100 * time.Millisecond)}
		if asked.Budget <= 0 {
			break
		}
		wanted := func(pkg, test string) bool {
			at := t.index(pkg, test)
			return at >= 0 && t.found[at].when == failed && t.found[at].first == i
		}
		findings, spent, err := diagnose.Some(t.interrupts, asked, t.root, diagnose.Choice{Wanted: wanted, Order: t.order}, t.stderr)
		for _, finding := range findings {
			t.found[t.index(finding.Package, finding.Test)].Finding = finding
		}
		if t.spent += spent; err != nil {
			return err
		}
	}
	return nil
}

// index returns where a test is in what was found, or -1.
func (t *trial) index(pkg, test string) int {
	return slices.IndexFunc(t.found, func(f found) bool { return f.pkg == pkg && f.test == test })
}

// list reads where the tests are. Without it the directives have no places.
func (t *trial) list() {
	t.listed = map[string]suite.Package{}
	opts := t.asked.Options
	query := suite.Query{Dir: opts.Dir, Env: opts.GoEnvironment(), Args: opts.Args, Packages: listing.WorkerPackages(opts.GoTest, opts.Environ)}
	if settings, err := gotest.ReadSettings(t.interrupts.Ctx, opts.Environ, opts.Dir, opts.Args); err == nil {
		query.Overlay = settings.Overlay
	}
	packages, err := suite.List(t.interrupts.Ctx, query)
	if err != nil {
		t.say("finding the places for directives: %v", err)
	}
	for _, pkg := range packages {
		t.listed[pkg.ImportPath] = pkg
	}
}

func values(r ran) (all []*ranPackage) {
	for _, p := range r {
		all = append(all, p)
	}
	return all
}
