package split

import (
	"regexp"
	"strings"
	"sync"
)

// These functions read the goroutines that a process has printed, see runtime/traceback.go.
// They may find nothing: the process may have been killed instead.

var (
	initFrame = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^[^\s(]+\.init(\.[0-9]+|\.func[0-9]+)*\(`)
	})
	mainFrame = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[^\s(]+\.TestMain(\.func[0-9.]+)?\(`) })
)

const cleanupFrame = "\ntesting.(*common).runCleanup("

// waitsBefore says where a process waits that has not run a test.
func waitsBefore(goroutines string) string {
	switch {
	case initFrame().MatchString(goroutines):
		return "in init, before its first test"
	case mainFrame().MatchString(goroutines):
		return "in TestMain, before its first test"
	}
	return "before its first test"
}

// waitsAfter says where a process waits whose tests have ended.
func waitsAfter(goroutines string) string {
	if mainFrame().MatchString(goroutines) {
		return "in TestMain, after m.Run"
	}
	return "after m.Run"
}

// inCleanup reports whether a test waits in a function of t.Cleanup. Such a function may be
// anywhere; alone is whether only that test was running.
func inCleanup(goroutines, test string, alone bool) bool {
	for goroutine := range strings.SplitSeq(goroutines, "\n\n") {
		if strings.Contains(goroutine, cleanupFrame) && (alone || strings.Contains(goroutine, "."+test+"(") || strings.Contains(goroutine, "."+test+".func")) {
			return true
		}
	}
	return false
}
