//go:build unix

package process

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// markVariable is in the environment of each command and of what it starts. Its value is
// a chain from the outermost run to the innermost one, because a test may run gotestshard
// itself.
const markVariable = "GOTESTSHARD_PROCESS"

const markSeparator = ":"

var (
	thisRun   = fmt.Sprintf("%d.%d", os.Getpid(), time.Now().UnixNano())
	markCount atomic.Int64
)

// newMark returns a mark that no other command has.
func newMark() string {
	mark := fmt.Sprintf("%s.%d", thisRun, markCount.Add(1))
	if outer := os.Getenv(markVariable); outer != "" { //nolint:processwide // it is about this process
		return outer + markSeparator + mark
	}
	return mark
}

// marked returns env with its mark replaced.
func marked(env []string, mark string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, markVariable+"=")
	})
	return append(env, markVariable+"="+mark)
}

// carries reports whether a process with the first mark was started by the command with the
// second.
func carries(mark, of string) bool {
	return mark == of || strings.HasPrefix(mark, of+markSeparator)
}
