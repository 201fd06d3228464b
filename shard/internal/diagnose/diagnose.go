// Package diagnose finds out why each test of a run failed: gotestshard diagnose.
//
//	result file → failures, and what their processes ran
//	run: one build, one worker    → the failed test alone, after others (package verdict)
//	run: one build, its workers   → the test beside the packages that ran at the same time
//	run: one build, many workers  → the test that failed by time, under load
//	→ verdicts, each with a command
package diagnose

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Run runs gotestshard diagnose; args are those after "diagnose".
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	asked, err := option.ParseDiagnose(args, call)
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
	if asked.File == "" {
		asked.File, err = folder.Last()
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no kept run of the module in %s: run gotestshard -n auto first, or name a file that --result wrote "+
				"(a run in a CI, with --no-keep, or without any flag that gotestsum does not have is not kept)", folder.Root)
		}
	}
	if err != nil {
		return err
	}
	interrupts := signals.Start(true)
	defer interrupts.Stop()
	d, err := open(interrupts, asked, folder.Root, stderr)
	if d != nil {
		header := d.results.header // the last run may be another one than is thought, because not every run is kept
		d.say(fmt.Sprintf("the run of %s: %s", header.Started.Local().Format("2006-01-02 15:04:05"), gotest.Line(append([]string{"gotestshard"}, header.Command...)...)))
		err = d.run(stdout)
	}
	if d != nil && exit.Code(err) != exit.OwnError {
		if reportErr := d.verdicts().writeReports(asked); reportErr != nil {
			return reportErr
		}
	}
	return err
}

// AfterRun does a run, and diagnoses its failures. It returns the error of the run.
func AfterRun(opts option.Options, stdout, stderr io.Writer) error {
	interrupts := signals.Start(opts.Distributed())
	defer interrupts.Stop()
	folder, err := kept.Of(cmp.Or(opts.Dir, "."))
	if err != nil {
		return err
	}
	if opts.Result == "" {
		dir, err := temp.Dir("", "gotestshard-diagnose-")
		if err != nil {
			return fmt.Errorf("creating a folder for the result that --diagnose reads: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		opts.Result, opts.OwnResult = filepath.Join(dir, "run"+result.Extension), true
	}
	passed := signals.NewWatch()
	interrupts.PassTo(signals.PassOn{To: passed})
	_, err = run.Until(passed, opts, stdout, stderr)
	interrupts.PassTo(signals.OnlyAsks{})
	out := reports.SummaryOut(opts.Format, opts.Terminal, stdout, stderr)
	if exit.Code(err) != exit.Failed || interrupts.Received() != 0 || out == io.Discard {
		return err
	}
	_, _ = fmt.Fprintf(out, "\n=== Diagnosis\n")
	asked := option.Diagnose{Call: opts.Call, File: opts.Result, Budget: opts.DiagnoseBudget}
	d, diagnoseErr := open(interrupts, asked, folder.Root, stderr)
	if d != nil {
		diagnoseErr = d.run(out)
		if reportErr := d.verdicts().addToReports(opts); diagnoseErr == nil {
			diagnoseErr = reportErr
		}
	}
	switch code := exit.Code(diagnoseErr); {
	case exit.IsSignal(code):
		return diagnoseErr
	case code == exit.OwnError:
		_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(fmt.Sprintf("diagnosing the failures: %v", diagnoseErr)))
	}
	return err
}

// open reads the failures in the file of asked.
func open(interrupts *signals.Watch, asked option.Diagnose, root string, stderr io.Writer) (*diagnosis, error) {
	failed, err := read(asked.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s: name a file that --result wrote, or none for the last run", asked.File)
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", asked.File, err)
	}
	return newDiagnosis(interrupts, asked, root, failed, stderr), nil
}

func newDiagnosis(interrupts *signals.Watch, asked option.Diagnose, root string, failed *results, stderr io.Writer) *diagnosis {
	return &diagnosis{
		asked: asked, root: root, results: failed, now: time.Now, stderr: stderr, interrupts: interrupts,
		say: func(line string) { _, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(line)) },
	}
}

// Choice is which failures Some diagnoses.
type Choice struct {
	Wanted func(pkg, test string) bool
	// Order returns the tests of a package in the order of the source, nil if it is not known.
	Order func(pkg string) []string
}

// Some diagnoses some failures in a file of --result, of a run of the module at root in which only
// some processes may have shuffled their tests. It returns what it found, also with an error after a
// signal, and how long tests ran for it.
func Some(interrupts *signals.Watch, asked option.Diagnose, root string, choice Choice, stderr io.Writer) ([]Finding, time.Duration, error) {
	failed, err := read(asked.File)
	if err != nil {
		return nil, 0, fmt.Errorf("reading the result of a run: %w", err)
	}
	failed.failures = slices.DeleteFunc(failed.failures, func(f *failure) bool { return !choice.Wanted(f.pkg, f.test) })
	for _, f := range failed.failures {
		f.unshuffle(choice.Order(f.pkg))
	}
	if len(failed.failures) == 0 {
		return nil, 0, nil
	}
	d := newDiagnosis(interrupts, asked, root, failed, stderr)
	d.topLevel = true
	err = d.find()
	return d.findings(), d.spent, err
}

// diagnosis is one gotestshard diagnose.
type diagnosis struct {
	asked   option.Diagnose
	root    string // of the module
	results *results
	now     func() time.Time
	// interrupts get the signals and pass them to the runs, of which each has its own.
	interrupts *signals.Watch
	say        func(line string)
	stderr     io.Writer

	spent time.Duration // of the budget
	runs  int           // processes so far
	// args are the arguments of go test for the runs, without packages.
	args gotest.Args
	// topLevel is whether subtests are not diagnosed for themselves.
	topLevel bool
}

// run diagnoses the failures and writes the verdicts.
func (d *diagnosis) run(stdout io.Writer) error {
	if len(d.results.failures) == 0 {
		if d.asked.JSON {
			return d.writeJSON(stdout)
		}
		_, err := fmt.Fprintf(stdout, "DIAGNOSED nothing: no test failed in this run\n")
		if end := d.results.end; err == nil && (end == nil || end.ExitCode != 0) {
			d.say("the run failed outside its tests; gotestshard last or gotestshard show shows why")
		}
		return err
	}
	err := d.find()
	if exit.Code(err) == exit.OwnError {
		return err
	}
	if writeErr := d.write(stdout); err != nil || writeErr != nil {
		return cmp.Or(err, writeErr)
	}
	if slices.ContainsFunc(d.results.failures, (*failure).unfinished) {
		d.say(fmt.Sprintf("there was not enough time for everything: --diagnose-budget gives more than %s", d.asked.Budget))
	}
	if slices.ContainsFunc(d.results.failures, func(f *failure) bool { return f.verdict() == Unknown }) {
		return exit.Error{Code: exit.Failed}
	}
	return nil
}

// find finds out why the tests failed.
func (d *diagnosis) find() error {
	d.say(fmt.Sprintf("diagnosing %s for at most %s", plain.Counted(len(d.results.failures), "failed test"), plain.Duration(d.asked.Budget)))
	for _, step := range []func() error{d.alone, d.together, d.loaded} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// write writes the verdicts.
func (d *diagnosis) write(out io.Writer) error {
	if d.asked.JSON {
		return d.writeJSON(out)
	}
	_, err := io.WriteString(out, d.text())
	return err
}

// verdicts returns what the reports of the run get.
func (d *diagnosis) verdicts() verdicts {
	return verdicts{all: d.diagnoses(), interrupts: d.interrupts, stderr: d.stderr}
}

// ended reports whether a signal came.
func (d *diagnosis) ended() bool { return d.interrupts != nil && d.interrupts.Received() != 0 }

// alone decides what can be decided with one process at a time.
func (d *diagnosis) alone() error {
	packages := d.results.packagesOf(d.results.failures)
	s := &session{diagnosis: d, deadline: d.asked.Budget - d.spent, left: len(d.results.failures)}
	s.start = func(pkg string) {
		for _, f := range d.results.failures {
			if f.pkg == pkg {
				s.decide(f)
			}
		}
	}
	err := d.testRun(s, packages, 1)
	d.results.failures = refined(d.results.failures)
	return err
}

// together runs the tests that did not fail again beside the packages that ran at the same time.
func (d *diagnosis) together() error {
	var failures []*failure
	for _, f := range d.results.failures {
		if f.collides() {
			failures = append(failures, f)
		}
	}
	if len(failures) == 0 || d.spent >= d.asked.Budget {
		return nil
	}
	packages := d.results.packagesOf(failures)
	for _, f := range failures {
		for _, other := range f.beside {
			if !slices.Contains(packages, other.pkg) {
				packages = append(packages, other.pkg)
			}
		}
	}
	workers := max(2, d.results.workers)
	s := &session{diagnosis: d, deadline: d.asked.Budget - d.spent}
	s.all, s.begin = packages, func() {
		for _, f := range failures {
			s.collide(f, workers)
		}
	}
	return d.testRun(s, packages, workers)
}

// loaded runs the tests that failed by time, and not again, while the machine has much to do.
func (d *diagnosis) loaded() error {
	var failures []*failure
	for _, f := range d.results.failures {
		if f.decided && f.maybeSlow() {
			failures = append(failures, f)
		}
	}
	if len(failures) == 0 || d.spent >= d.asked.Budget {
		return nil
	}
	s := &session{diagnosis: d, deadline: d.asked.Budget - d.spent, left: len(failures)}
	s.start = func(pkg string) {
		for _, f := range failures {
			if f.pkg == pkg {
				s.load(f, loadWorkers())
			}
		}
	}
	return d.testRun(s, d.results.packagesOf(failures), loadWorkers())
}

// testRun builds packages and runs the processes that a session asks for.
func (d *diagnosis) testRun(s *session, packages []string, workers int) error {
	opts, err := d.asked.Again(d.results.header.Command, workers)
	if err != nil {
		return err
	}
	if opts.Dir, err = kept.Within(d.root, d.results.header.Folder); err != nil {
		return err
	}
	d.args = gotest.Args(opts.Args).Without("shuffle", "count", "json", "coverprofile", "failfast", "bench", "v", "p")
	args := append(gotest.Args{"-count=1"}, d.args...)
	if len(s.all) > runtime.GOMAXPROCS(0) {
		args = append(gotest.Args{fmt.Sprintf("-p=%d", len(s.all))}, args...) // all of them have to be ready
	}
	const commandLineFiles = "command-line-arguments" // the go command's name for a package of files
	if packages[0] != commandLineFiles {
		args, d.args = args.WithPackages(packages), d.args.WithPackages(nil)
	}
	opts = opts.WithGoTest(args)
	passed := signals.NewWatch()
	d.interrupts.PassTo(signals.PassOn{To: passed})
	s.init(passed.Ctx, packages)
	opts.Repeat = s
	execution, err := run.Until(passed, opts, io.Discard, d.stderr)
	d.interrupts.PassTo(signals.OnlyAsks{})
	s.wait()
	if sig := d.interrupts.Received(); sig != 0 {
		return exit.Signalled(sig)
	}
	if execution != nil && exit.Code(err) == exit.Failed { // something could not be built, the others count
		for _, line := range execution.Errors() {
			_, _ = fmt.Fprintln(d.stderr, strings.TrimRight(line, "\n"))
		}
		err = nil
	}
	return cmp.Or(err, s.err)
}
