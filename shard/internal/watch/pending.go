package watch

import (
	"crypto/sha256"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

const (
	// quiet is how long nothing must be saved before tests run: an editor
	// writes a file in several steps, and "save all" writes several files. It
	// is gotestsum's threshold.
	quiet = 250 * time.Millisecond
	// patience is how long saves that never stop may put the tests off.
	patience = 2 * time.Second
)

// mostInARow is how many runs in a row may come from nothing but files that were
// written while tests ran. After those it is the tests that write them, as far as
// anybody can tell.
const mostInARow = 10

// Everything is the argument for go test that means all packages.
const Everything = "./..."

// Pending is what was saved and not yet tested.
type Pending struct {
	files       map[string]bool // whether it must have another content to count
	everything  bool
	first, last time.Time // when something was saved
	runEnded    time.Time
	inARow      int // runs that came from doubtful files alone

	seen map[string]content
	read func(file string) content
}

// content stands for what is in a file; zero is a file that is not there.
type content [sha256.Size]byte

// NewPending returns an empty Pending.
func NewPending() *Pending {
	return &Pending{files: map[string]bool{}, seen: map[string]content{}, read: readContent}
}

// readContent leaves out what is no file: a pipe would block it, a device may
// have no end.
func readContent(file string) content {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return content{}
	}
	in, err := os.Open(file)
	if err != nil {
		return content{}
	}
	defer func() { _ = in.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return content{}
	}
	return content(hash.Sum(nil))
}

// Add notes that a file was saved. While tests run, or right after, it may be
// a test that writes a file in its folder: then the file counts only when its
// content is not what it was the last time, and only a few times in a row, or the
// tests would run for ever.
func (p *Pending) Add(file string, now time.Time, running bool) {
	doubtful := running || now.Sub(p.runEnded) < quiet
	if before, known := p.files[file]; known {
		doubtful = doubtful && before
	}
	p.files[file] = doubtful
	p.note(now)
}

// AddEverything notes that any file may have been saved.
func (p *Pending) AddEverything(now time.Time) {
	p.everything = true
	p.note(now)
}

func (p *Pending) note(now time.Time) {
	if p.first.IsZero() {
		p.first = now
	}
	p.last = now
}

// RunEnded notes that the tests do not write any more.
func (p *Pending) RunEnded(now time.Time) { p.runEnded = now }

// Due returns when the packages are to be taken, if there is anything to take.
func (p *Pending) Due() (time.Time, bool) {
	if p.first.IsZero() {
		return time.Time{}, false
	}
	due := p.last.Add(quiet)
	if latest := p.first.Add(patience); due.After(latest) {
		due = latest
	}
	return due, true
}

// Endless reports whether what Take returned came, like all of the last runs,
// from nothing but files that were written while tests ran.
func (p *Pending) Endless() bool { return p.inARow > mostInARow }

// Take returns the packages to run, sorted, and forgets them. There may be
// none.
func (p *Pending) Take() []string {
	packages := map[string]bool{}
	sure := p.everything
	for file, doubtful := range p.files {
		now := p.read(file)
		if !doubtful || now != p.seen[file] {
			packages[packageOf(file)] = true
			sure = sure || !doubtful
		}
		p.seen[file] = now
	}
	if sure {
		p.inARow = 0
	} else if len(packages) > 0 {
		p.inARow++
	}
	everything := p.everything
	clear(p.files)
	p.everything, p.first, p.last = false, time.Time{}, time.Time{}
	if everything {
		return []string{Everything}
	}
	return slices.Sorted(maps.Keys(packages))
}
