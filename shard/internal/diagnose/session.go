package diagnose

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/ran"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// session asks the workers of one run for processes. It implements option.Repeater.
//
//	decide, collide: process → request → Next ─ a worker's process ─ Ended → answer
//
// One goroutine decides for a package, or for all of them; it ends with ctx.
type session struct {
	*diagnosis
	// start decides the failures of a package, one package at a time.
	start func(pkg string)
	// begin, in place of start, decides everything when the binaries of all are there.
	all   []string
	begin func()
	// deadline is the time for its processes.
	deadline time.Duration

	ctx      context.Context
	deciding sync.WaitGroup
	turn     sync.Mutex // of a package
	binaries map[string]*binary

	mu      sync.Mutex
	began   time.Time // when it was started to decide
	until   time.Time // for the failure that is decided now
	pending map[int]chan option.Repeated
	left    int // failures that are not decided yet
	err     error
}

// binary is a test binary, which waits in Next for what to run.
type binary struct {
	once     sync.Once
	ready    chan struct{}
	requests chan request
	done     chan struct{}
	args     []string // with which it would run all tests; set before ready is closed
}

// request is a process to run.
type request struct {
	tests, others []string // none for all tests
	subtests      []string // of one test, in place of tests
	seed          string
	log           string // a file that gets what the process opens, empty for none
	most          time.Duration
	begun         func() // is called when it has a worker, or is next for one; nil for nothing
	answer        chan option.Repeated
}

func (s *session) init(ctx context.Context, packages []string) {
	s.ctx, s.binaries, s.pending = ctx, map[string]*binary{}, map[int]chan option.Repeated{}
	for _, pkg := range packages {
		s.binaries[pkg] = &binary{ready: make(chan struct{}), requests: make(chan request), done: make(chan struct{})}
	}
	if s.begin != nil {
		s.deciding.Go(s.decideAll)
	}
}

// wait waits for the end of everything that decides.
func (s *session) wait() {
	s.deciding.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.began.IsZero() {
		s.spent += s.now().Sub(s.began)
	}
}

// decideAll decides everything, as soon as all binaries are there. If one of them cannot be
// built, that ends with the time.
func (s *session) decideAll() {
	defer func() {
		for _, b := range s.binaries {
			close(b.done)
		}
	}()
	late := time.NewTimer(s.asked.Budget)
	defer late.Stop()
	for _, pkg := range s.all {
		select {
		case <-s.binaries[pkg].ready:
		case <-s.ctx.Done():
			return
		case <-late.C:
			s.say("some packages were not built in time; tests are not run beside them")
			return
		}
	}
	s.mark()
	s.begin()
}

// decideIn decides the failures of a package.
func (s *session) decideIn(pkg string, b *binary) {
	defer close(b.done)
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mark()
	s.start(pkg)
}

// mark starts the clock.
func (s *session) mark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.began = s.now()
	}
}

// share gives the failure that is decided next its part of the time that is left.
func (s *session) share() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	left := s.deadline - now.Sub(s.began)
	s.until = now.Add(left / time.Duration(max(s.left, 1)))
	s.left--
}

// Next implements option.Repeater.
func (s *session) Next(pkg string, args []string) (option.Repeat, bool) {
	b := s.binaries[pkg]
	if b == nil {
		return option.Repeat{}, false
	}
	b.once.Do(func() {
		b.args = args
		close(b.ready)
		if s.begin == nil {
			s.deciding.Go(func() { s.decideIn(pkg, b) })
		}
	})
	select {
	case r := <-b.requests:
		return s.repeat(pkg, args, r), true
	case <-b.done:
	case <-s.ctx.Done():
	}
	return option.Repeat{}, false
}

// repeat returns the process for a request.
func (s *session) repeat(pkg string, args []string, r request) option.Repeat {
	switch {
	case len(r.subtests) > 0:
		args = onlySubtests(args, r.subtests)
	case len(r.tests) > 0:
		args = ran.Only(args, r.tests, r.others)
	}
	if r.seed != "" {
		args = slices.Insert(slices.Clone(args), 0, "-test.shuffle="+r.seed)
	}
	if r.log != "" {
		args = append(slices.Clone(args), gotest.LogFlag+r.log)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	s.pending[s.runs] = r.answer
	return option.Repeat{Package: pkg, Number: s.runs, Args: args, Most: r.most}
}

// Ended implements option.Repeater.
func (s *session) Ended(r option.Repeat, result option.Repeated) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[r.Number] <- result
	delete(s.pending, r.Number)
}

// waitForAnswer is how much later than its limit the end of a process is known.
const waitForAnswer = time.Minute

// process runs tests of a package in a process and returns how it ended. It is not ok if there is
// no time for it.
func (s *session) process(pkg string, r request) (result option.Repeated, ok bool) {
	s.mu.Lock()
	r.most = s.until.Sub(s.now())
	s.mu.Unlock()
	if r.most <= 0 {
		return result, false
	}
	r.answer = make(chan option.Repeated, 1)
	// If its hook was killed, there is no answer.
	ctx, cancel := context.WithTimeout(s.ctx, r.most+waitForAnswer)
	defer cancel()
	select {
	case s.binaries[pkg].requests <- r:
		if r.begun != nil {
			r.begun()
		}
	case <-ctx.Done():
		return result, false
	}
	select {
	case result = <-r.answer:
	case <-ctx.Done():
		return result, false
	}
	if result.Err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.err = result.Err
	}
	return result, !result.Late && result.Err == nil
}

// test runs a failed test after others and returns what became of it.
func (s *session) test(f *failure, others []string, asItRan bool) verdict.Outcome {
	result, ok := s.process(f.pkg, requestFor(f, others, asItRan))
	if !ok {
		return verdict.Stopped
	}
	if result.Failed {
		f.output = tail(f.output + outputOf(f.test, result))
	}
	return outcomeOf(f.test, result)
}

// requestFor returns the process that runs a failed test after others.
func requestFor(f *failure, others []string, asItRan bool) (r request) {
	if !f.outside() {
		r.tests = append(slices.Clone(others), f.test)
	}
	for _, other := range f.others {
		if !slices.Contains(others, other) {
			r.others = append(r.others, other)
		}
	}
	if asItRan {
		r.seed = f.seed
	}
	r.log = f.logOf(-1)
	return r
}

// outputOf returns what a test and its subtests printed in a process where they failed, or with an empty
// name what all tests that failed did.
func outputOf(test string, result option.Repeated) (output string) {
	scan := outcome.Scanner{Outputs: true}
	for line := range bytes.Lines(result.Events) {
		scan.Line(line)
	}
	for _, end := range scan.Ends {
		if end.Failed && (test == "" || end.Test == test || strings.HasPrefix(end.Test, test+"/")) {
			output += end.Output
		}
	}
	return output
}

// tail returns the end of an output, for what is kept of many.
func tail(output string) string {
	const most = 64 << 10
	return output[max(0, len(output)-most):]
}

// outcomeOf returns what became of a test or subtest, or of what is outside all tests, in a process.
func outcomeOf(test string, result option.Repeated) verdict.Outcome {
	outside := test == split.OutsideTests
	switch {
	case result.Failed:
	case outside || slices.Contains(result.Passed, test):
		return verdict.Passed
	default:
		return verdict.NotRun
	}
	scan := outcome.Scanner{}
	for line := range bytes.Lines(result.Events) {
		scan.Line(line)
	}
	of := verdict.NotRun
	if outside { // a test failed, and that may be all
		of = verdict.Passed
	}
	for _, end := range scan.Ends {
		own := end.Test == test || strings.HasPrefix(end.Test, test+"/")
		switch {
		case own && end.Failed:
			return verdict.Failed
		case own:
			of = verdict.Passed
		}
	}
	return of
}
