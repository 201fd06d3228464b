package ci

import (
	"strconv"
	"strings"
	"time"
)

// Result is how a test ended.
type Result string

// The results of a test.
const (
	Passed  Result = "pass"
	Failed  Result = "fail"
	Skipped Result = "skip"
)

// Test is a test that has ended.
type Test struct {
	// Flow is the worker that ran it, empty without workers.
	Flow    string
	Suite   string // the package
	Name    string
	Result  Result
	Elapsed time.Duration
	// Message is one line that gives the reason for a failure or skip. Output is
	// what the test printed.
	Message, Output string
}

// Messages writes TeamCity's service messages. TeamCity needs the tests of a flow one
// after another, but tests of a package may run in parallel. So all messages of a test
// are written when it ends. Only one goroutine at a time may call its methods.
type Messages struct {
	log    *Log
	suites []openSuite
}

// openSuite is the suite of a flow.
type openSuite struct{ flow, suite string }

// noFlow is the flow of tests without a worker.
const noFlow = "gotestshard"

// longestOutput is how much of a test's output a message holds, in bytes.
const longestOutput = 256 << 10

// NewMessages returns the Messages of log. With retries, TeamCity does not count a test
// as failed if it fails and passes in a rerun.
func NewMessages(log *Log, retries bool) *Messages {
	m := &Messages{log: log}
	if retries {
		m.write("testRetrySupport", property{"enabled", "true"})
	}
	return m
}

func (m *Messages) write(name string, properties ...property) {
	m.log.mu.Lock()
	defer m.log.mu.Unlock()
	m.log.command(teamCityMessage(name, properties))
}

// Test writes the messages of a test.
func (m *Messages) Test(t Test) {
	flow := t.Flow
	if flow == "" {
		flow = noFlow
	}
	m.enter(openSuite{flow, t.Suite})
	name, id := property{"name", t.Name}, property{"flowId", flow}
	m.write("testStarted", name, property{"captureStandardOutput", "false"}, id)
	message := property{"message", withoutColours(t.Message)}
	output := cutColours(t.Output, longestOutput)
	switch t.Result {
	case Failed:
		if message.value == "" {
			message.value = "Failed"
		}
		m.write("testFailed", name, message, property{"details", output}, id)
	case Skipped:
		m.write("testIgnored", name, message, id)
	case Passed:
		if output != "" {
			m.write("testStdOut", name, property{"out", output}, id)
		}
	}
	milliseconds := strconv.FormatInt(max(0, t.Elapsed).Milliseconds(), 10)
	m.write("testFinished", name, property{"duration", milliseconds}, id)
}

// cutColours does cut after withoutColours, for a text that may be very long. It does
// not look at text far past the limit.
func cutColours(text string, limit int) string {
	if most := 4 * limit; len(text) > most {
		return cut(withoutColours(strings.ToValidUTF8(text[:most], ""))+strings.Repeat(" ", limit+1), limit)
	}
	return cut(withoutColours(text), limit)
}

// longestProblem is how long TeamCity lets the description of a problem be.
const longestProblem = 4000

// Problem reports why the build failed when no test failed.
func (m *Messages) Problem(description string) {
	if description = strings.TrimSpace(withoutColours(description)); description != "" {
		m.write("buildProblem", property{"description", cut(description, longestProblem)})
	}
}

// enter begins a suite on a flow and ends the one before it.
func (m *Messages) enter(s openSuite) {
	for i, open := range m.suites {
		if open == s {
			return
		}
		if open.flow == s.flow {
			m.finish(open)
			m.suites = append(m.suites[:i], m.suites[i+1:]...)
			break
		}
	}
	m.suites = append(m.suites, s)
	m.write("testSuiteStarted", property{"name", s.suite}, property{"flowId", s.flow})
}

func (m *Messages) finish(s openSuite) {
	m.write("testSuiteFinished", property{"name", s.suite}, property{"flowId", s.flow})
}

// EndSuite ends a package on all flows.
func (m *Messages) EndSuite(suite string) {
	var open []openSuite
	for _, s := range m.suites {
		if s.suite == suite {
			m.finish(s)
		} else {
			open = append(open, s)
		}
	}
	m.suites = open
}

// Close ends all open suites.
func (m *Messages) Close() {
	for _, s := range m.suites {
		m.finish(s)
	}
	m.suites = nil
}
