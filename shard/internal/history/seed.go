package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

const (
	longestLine   = 16 << 20  // bytes of one event
	largestXML    = 256 << 20 // bytes of one JUnit file
	deepestXML    = 32        // levels of nested elements
	fullClassname = "packages can be distinguished only by their full import paths; write the file with --junitfile-testcase-classname=full"
)

// Seed reads the durations of tests in a run of another tool: the JSON lines of go test
// -json or of gotestsum's --jsonfile and --jsonfile-timing-events, or a JUnit XML file
// with full import paths, as class names or as names of the suites. The first character
// decides which format it is. Only passed top-level tests, fuzz tests and examples count.
// If events with times start with the start of a test, its parallel subtests are included
// in its duration; otherwise the duration is the one that go prints, which excludes them.
// The paths of the modules, if any, distinguish import paths from other names.
func Seed(in io.Reader, modules []string) (*Run, error) {
	b := bufio.NewReaderSize(in, 64<<10)
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	for {
		c, err := b.ReadByte()
		switch {
		case err == io.EOF:
			return nil, errors.New("it is empty")
		case err != nil:
			return nil, err
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		}
		_ = b.UnreadByte()
		switch c {
		case '{':
			return seedEvents(b)
		case '<':
			return seedJUnit(b, modules, largestXML)
		}
		return nil, errors.New("it is neither go test -json nor JUnit XML")
	}
}

// planned reports whether a name is of a kind that the planner uses.
func planned(test string) bool {
	return !strings.Contains(test, "/") &&
		(strings.HasPrefix(test, "Test") || strings.HasPrefix(test, "Fuzz") || strings.HasPrefix(test, "Example"))
}

// seconds converts a duration of an event or a JUnit file.
func seconds(n float64) (time.Duration, error) {
	if !(n >= 0 && n <= longest.Seconds()) { // also rejects NaN
		return 0, fmt.Errorf("a duration of %v seconds is out of range", n)
	}
	return time.Duration(math.Round(n * float64(time.Second))), nil
}

// seedPackage is what the events report about a package as a whole.
type seedPackage struct {
	longest time.Duration
	worker  string
	shared  bool // whether several workers ran it
	passes  []time.Duration
}

// seedRun identifies a test by worker, package and name.
type seedRun struct{ worker, pkg, test string }

// seedClock has the tests that have started and not ended.
type seedClock map[seedRun]*seedTime

type seedTime struct {
	since  time.Time // when it started or continued
	took   time.Duration
	paused bool
}

// see handles an event. At the end of a test it returns the test's duration: from run to
// end without the time between pause and cont, in which a parallel test waits for others.
// It returns 0 if the duration is unknown.
func (c seedClock) see(test seedRun, action string, now time.Time) time.Duration {
	if now.IsZero() {
		delete(c, test)
		return 0
	}
	t := c[test]
	switch {
	case action == "run":
		c[test] = &seedTime{since: now}
	case t == nil:
	case action == "pause" && !t.paused:
		t.took, t.paused = t.took+now.Sub(t.since), true
	case action == "cont" && t.paused:
		t.since, t.paused = now, false
	case action == "pass" || action == "fail" || action == "skip":
		delete(c, test)
		if !t.paused {
			return t.took + now.Sub(t.since)
		}
	}
	return 0
}

func seedEvents(in *bufio.Reader) (*Run, error) {
	r := NewRun()
	packages, clock := map[string]*seedPackage{}, seedClock{}
	events := lines.NewReader(in, longestLine)
	for number := 1; ; number++ {
		line, err := events.Next()
		switch {
		case errors.Is(err, lines.ErrLong):
			return nil, fmt.Errorf("line %d: it has more than %d MB", number, longestLine>>20)
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := r.event(line, packages, clock); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	for name, p := range packages {
		for _, took := range p.passes {
			// A cached package ends at once although its tests took time, and one that
			// several workers shared did not run in one process.
			if took >= p.longest && !p.shared {
				r.Package(name, took)
			}
		}
	}
	return r, nil
}

func (r *Run) event(line []byte, packages map[string]*seedPackage, clock seedClock) error {
	var e struct {
		Time                          time.Time
		Action, Package, Test, Worker string
		Elapsed                       float64
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("not a go test -json event: %w", err)
	}
	if e.Action == "" {
		return errors.New("not a go test -json event: it has no Action")
	}
	if e.Package == "" || e.Test != "" && !planned(e.Test) {
		return nil
	}
	var ran time.Duration
	if e.Test != "" && e.Action != "output" {
		ran = clock.see(seedRun{e.Worker, e.Package, e.Test}, e.Action, e.Time)
	}
	if e.Action != "pass" {
		return nil
	}
	took, err := seconds(e.Elapsed)
	if err != nil {
		return fmt.Errorf("package %.99q, test %.99q: %w", e.Package, e.Test, err)
	}
	p, ok := packages[e.Package]
	if !ok {
		p = &seedPackage{worker: e.Worker}
		packages[e.Package] = p
	}
	p.shared = p.shared || e.Worker != p.worker
	if e.Test == "" {
		p.passes = append(p.passes, took)
		return nil
	}
	p.longest = max(p.longest, took)
	if ran > took {
		// A clock that was set in between can be as wrong as a long Elapsed.
		if took, err = seconds(ran.Seconds()); err != nil {
			return fmt.Errorf("package %.99q, test %.99q, from run to pass: %w", e.Package, e.Test, err)
		}
	}
	r.Test(e.Package, e.Test, took, Passed)
	return nil
}

func seedJUnit(in io.Reader, modules []string, limit int64) (*Run, error) {
	limited := &io.LimitedReader{R: in, N: limit}
	decoder := xml.NewDecoder(limited)
	r := NewRun()
	var suites []string // the names of the enclosing suites
	var current *junitCase
	started := false
	for depth := 0; ; {
		token, err := decoder.Token()
		switch {
		case limited.N <= 0:
			return nil, fmt.Errorf("more than %d MB of XML", limit>>20)
		case errors.Is(err, io.EOF) && !started:
			return nil, errors.New("not JUnit XML: it has no element")
		case errors.Is(err, io.EOF):
			return r, nil
		case err != nil:
			return nil, fmt.Errorf("not JUnit XML: %w", err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			name := element.Name.Local
			if depth == 0 && name != "testsuites" && name != "testsuite" {
				return nil, fmt.Errorf("not JUnit XML: it begins with the element %.99q", name)
			}
			started = true
			if depth++; depth > deepestXML {
				return nil, fmt.Errorf("not JUnit XML: its elements are nested more than %d deep", deepestXML)
			}
			switch {
			case name == "testsuite":
				suites = append(suites, attribute(element, "name"))
			case name == "testcase" && current == nil && len(suites) > 0:
				current = &junitCase{
					suite: suites[len(suites)-1], depth: depth,
					class: attribute(element, "classname"), name: attribute(element, "name"), time: attribute(element, "time"),
				}
			case current != nil && depth == current.depth+1 && (name == "failure" || name == "error" || name == "skipped"):
				current.notPassed = true
			}
		case xml.EndElement:
			if current != nil && depth == current.depth {
				if err := r.junitCase(current, modules); err != nil {
					line, _ := decoder.InputPos()
					return nil, fmt.Errorf("line %d: %w", line, err)
				}
				current = nil
			}
			if element.Name.Local == "testsuite" {
				suites = suites[:len(suites)-1]
			}
			depth--
		}
	}
}

type junitCase struct {
	suite, class, name, time string
	depth                    int
	notPassed                bool
}

func (r *Run) junitCase(c *junitCase, modules []string) error {
	if c.notPassed || !planned(c.name) {
		return nil
	}
	// gotestsum writes the package in both places, an old go-junit-report only in the
	// suite.
	pkg := c.class
	if !isImportPath(pkg, modules) {
		pkg = c.suite
	}
	if !isImportPath(pkg, modules) {
		return fmt.Errorf("test %.99q has the class name %.99q: %s", c.name, c.class, fullClassname)
	}
	n, err := strconv.ParseFloat(c.time, 64)
	if err != nil {
		return fmt.Errorf("test %.99q of %.99q: %.99q is not a time in seconds", c.name, pkg, c.time)
	}
	took, err := seconds(n)
	if err != nil {
		return fmt.Errorf("test %.99q of %.99q: %w", c.name, pkg, err)
	}
	r.Test(pkg, c.name, took, Passed)
	return nil
}

// isImportPath distinguishes a full import path from a path relative to the module and from
// the last element of a path. It belongs to a module or begins with a domain.
func isImportPath(name string, modules []string) bool {
	for _, module := range modules {
		if name == module || strings.HasPrefix(name, module+"/") {
			return true
		}
	}
	domain, _, found := strings.Cut(name, "/")
	return found && strings.Contains(strings.Trim(domain, "."), ".")
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
