package merge

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// named returns the name of a part for messages.
func (e *playback) named(part *mergePart) string {
	switch {
	case e.opts.Merge.Units != nil:
		return e.unitName(part.Part)
	case part.single:
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
	units := e.opts.Merge.Units
	for number := 1; number <= e.total; number++ {
		switch {
		case there[number], e.opts.Merge.Single, units != nil && units.Own:
		case units != nil:
			say(exit.Failed, "%s has no result: %s", e.unitName(number), cmp.Or(units.Missing[number], "no node has run it"))
		default:
			say(exit.Failed, "part %d of %d is missing: it has no result file%s", number, e.total, e.check.untested(number))
		}
	}
	whole := map[int]bool{}
	for _, part := range e.parts {
		switch {
		case part.err == nil && part.end != nil:
			whole[part.Part] = true
			switch end := part.end; {
			case part.single && units == nil: // see exit
			case end.Reason != "":
				say(0, "%s ended with exit code %d: %s", e.named(part), end.ExitCode, end.Reason)
			case end.ExitCode > exit.Failed:
				say(0, "%s ended with exit code %d", e.named(part), end.ExitCode)
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
