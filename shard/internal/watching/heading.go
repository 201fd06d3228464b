package watching

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
)

// heading is the first line of the live area, in pieces: what changed, how the last run ended, what
// is watched, what a key does.
func (l *watchLoop) heading() []string {
	watched := "watching " + plain.Counted(l.watched, "package")
	where := strings.Join(l.opts.Packages, " ")
	if dir, err := os.Getwd(); where == "" && err == nil {
		where = filepath.Base(dir)
	}
	if where != "" {
		watched += " in " + where
	}
	pieces := []string{l.changed, l.outcome, watched}
	if l.hasKeys() {
		pieces = append(pieces, "Esc to stop")
	}
	pieces = slices.DeleteFunc(pieces, func(piece string) bool { return piece == "" })
	for i, piece := range pieces {
		pieces[i] = plain.Line(piece)
	}
	return pieces
}

// changedWords says which files were saved.
func changedWords(files []string) string {
	switch len(files) {
	case 0:
		return ""
	case 1:
		return filepath.ToSlash(files[0]) + " changed"
	}
	return fmt.Sprintf("%s and %s changed", filepath.ToSlash(files[0]), plain.Counted(len(files)-1, "other file"))
}

// outcomeOf says how runs ended, empty for none.
func outcomeOf(results []runResult) string {
	if len(results) == 0 {
		return ""
	}
	failed, bad, stopped := 0, false, false
	for _, result := range results {
		failed += len(result.failed())
		bad = bad || result.err != nil
		stopped = stopped || exit.IsSignal(exit.Code(result.err))
	}
	switch {
	case stopped:
		return "last run was stopped"
	case failed > 0:
		return fmt.Sprintf("last run: %s failed", plain.Counted(failed, "test"))
	case bad:
		return "last run failed"
	}
	return "last run passed"
}

// between is a stream of messages that come at any time. Those that come during a run which shows an
// area wait for its end, because that owns the terminal.
type between struct {
	out     io.Writer
	holds   bool
	waiting bytes.Buffer
}

// Write implements io.Writer.
func (b *between) Write(text []byte) (int, error) {
	if b.holds {
		return b.waiting.Write(text)
	}
	return b.out.Write(text)
}

func (b *between) hold() { b.holds = true }

func (b *between) release() {
	b.holds = false
	_, _ = b.waiting.WriteTo(b.out) // an error is that of the next message too
}
