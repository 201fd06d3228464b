package merge

import (
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
)

// interrupted returns when the part that ran a package was interrupted, zero for never.
func (e *playback) interrupted(pkg string) time.Time {
	var first time.Time
	for _, part := range e.parts {
		if _, has := e.check.seen[packagePart{pkg, part.Part}]; !has {
			continue
		}
		if at := part.interrupted(); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// interrupted returns when the part was interrupted, zero for never. Where the file does not
// have that time, it is the start.
func (p *mergePart) interrupted() time.Time {
	switch {
	case p.end == nil, p.end.Interrupted == nil && exit.IsSignal(p.end.ExitCode):
		return p.Started
	case p.end.Interrupted == nil:
		return time.Time{}
	}
	return *p.end.Interrupted
}
