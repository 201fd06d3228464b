package merge

import (
	"errors"
	"fmt"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// named returns the name of a part for messages.
func (e *playback) named(part *mergePart) string {
	if part.single {
		return "the run"
	}
	return fmt.Sprintf("part %d of %d", part.Part, e.total)
}

// problems returns what is missing, and the exit code for the worst problem.
func (e *playback) problems() (problems []string, code int) {
	say := func(atLeast int, form string, args ...any) {
		problems, code = append(problems, fmt.Sprintf(form, args...)), max(code, atLeast)
	}
	there := map[int]bool{}
	for _, part := range e.parts {
		there[part.Part] = true
	}
	if n := e.opts.Merge.Expect; n > 0 && n != e.total {
		say(exit.Failed, "--expect %d: the files are of %s", n, plain.Counted(e.total, "part"))
	}
	for number := 1; number <= e.total; number++ {
		if !there[number] && !e.opts.Merge.Single {
			say(exit.Failed, "part %d of %d is missing: it has no result file%s", number, e.total, e.check.untested(number))
		}
	}
	whole := map[int]bool{}
	for _, part := range e.parts {
		switch {
		case part.err == nil && part.end != nil:
			whole[part.Part] = true
			switch end := part.end; {
			case part.single: // see exit
			case end.Reason != "":
				say(0, "part %d of %d ended with exit code %d: %s", part.Part, e.total, end.ExitCode, end.Reason)
			case end.ExitCode > exit.Failed:
				say(0, "part %d of %d ended with exit code %d", part.Part, e.total, end.ExitCode)
			}
		case part.err == nil || errors.Is(part.err, result.ErrCut):
			say(exit.Failed, "%s is incomplete: %s is cut off, as when its node is killed%s",
				e.named(part), part.name, e.check.untested(part.Part))
		default:
			say(exit.OwnError, "%s is incomplete: %s: %v%s", e.named(part), part.name, part.err, e.check.untested(part.Part))
		}
	}
	for _, problem := range e.check.problems(func(part int) bool { return whole[part] }) {
		say(exit.Failed, "%s", problem)
	}
	if name := e.opts.Merge.CoverProfile; name != "" && e.coverage.Mode == "" {
		say(exit.Failed, "--coverprofile %s is not written: no part has coverage; give the nodes go test's -coverprofile", name)
	}
	return problems, code
}
