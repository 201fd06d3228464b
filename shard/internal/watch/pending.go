package watch

import (
	"crypto/sha256"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// quiet is how long nothing must be saved before tests run. An editor writes a file in
	// several steps, and "save all" writes several files. It is gotestsum's threshold.
	quiet = 250 * time.Millisecond
	// patience is how long continuous saving may delay the tests.
	patience = 2 * time.Second
)

// mostInARow is the maximum number of consecutive runs caused only by files that were
// written while tests ran. After that many, the tests themselves probably write them.
const mostInARow = 10

// Esc is the key that stops a run.
const Esc = 0x1b

// Everything is the argument for go test that stands for all packages.
const Everything = "./..."

// Pending are the files that were saved and not tested yet.
type Pending struct {
	files       map[string]bool // whether the file counts only if its text has changed
	everything  bool
	first, last time.Time // when something was saved
	runEnded    time.Time
	inARow      int // consecutive runs caused only by doubtful files

	taken  []string           // the files of the last Take that counted
	peeked time.Time          // the last save that Peek looked at
	looked map[string]content // what Peek saw in doubtful files

	seen map[string]content
	read func(file string) content
	// isPackage reports whether a folder has Go files.
	isPackage func(dir string) bool
}

// content is the hash of a file's text; zero for a file that does not exist.
type content [sha256.Size]byte

// NewPending returns an empty Pending.
func NewPending() *Pending {
	return &Pending{files: map[string]bool{}, looked: map[string]content{}, seen: map[string]content{}, read: readContent, isPackage: isPackage}
}

func isPackage(dir string) bool {
	entries, _ := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(entry os.DirEntry) bool { return !entry.IsDir() && isGoFile(entry.Name()) })
}

// readContent ignores special files: a pipe would block, and a device may have no end.
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

// Add records that a file was saved. During or right after a run, a test may have written
// the file in its folder. Then the file counts only if its text has changed, and only a
// few times in a row, because otherwise the tests could run forever.
func (p *Pending) Add(file string, now time.Time, running bool) {
	doubtful := running || now.Sub(p.runEnded) < quiet
	if before, known := p.files[file]; known {
		doubtful = doubtful && before
	}
	p.files[file] = doubtful
	p.note(now)
}

// AddEverything records that any file may have been saved.
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

// RunEnded records that the tests do not write any more.
func (p *Pending) RunEnded(now time.Time) { p.runEnded = now }

// Due returns when to take the packages, if there are any.
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

// DueInRun is Due for Peek. It waits for an end of the saves: a test may write a file all the time.
func (p *Pending) DueInRun() (time.Time, bool) {
	return p.last.Add(quiet), p.last.After(p.peeked)
}

// InARow returns how many runs in a row were caused only by files that were written while tests ran.
func (p *Pending) InARow() int { return p.inARow }

// Peek returns the packages and files that Take and Taken would return now, and forgets nothing.
func (p *Pending) Peek() (packages, files []string) {
	p.peeked = p.last
	if p.everything {
		return []string{Everything}, nil
	}
	folders := map[string]bool{}
	for file, doubtful := range p.files {
		now, counts := p.counts(file, doubtful)
		if !counts {
			continue
		}
		if isGoFile(file) {
			folders[packageOf(file)] = true
		}
		files = append(files, file)
		if doubtful {
			p.looked[file] = now
		}
	}
	slices.Sort(files)
	return slices.Sorted(maps.Keys(folders)), files
}

// counts returns the present content of a file, and whether its save counts.
func (p *Pending) counts(file string, doubtful bool) (now content, counts bool) {
	now = p.read(file)
	return now, !doubtful || now != p.seen[file] && !p.isGone(file, now)
}

// isGone reports whether a file is gone with its package, as one that tests write and remove again.
func (p *Pending) isGone(file string, now content) bool {
	return now == content{} && !p.isPackage(filepath.Dir(file))
}

// Endless reports whether the result of Take, like those before it, was caused only by
// files that were written while tests ran.
func (p *Pending) Endless() bool { return p.inARow > mostInARow }

// Taken returns the saved files that counted in the last Take, sorted. Those that are no Go files
// have no package there. It is empty for everything.
func (p *Pending) Taken() []string { return p.taken }

// Take returns the packages to run, sorted, and forgets them. There may be none.
func (p *Pending) Take() []string {
	packages := map[string]bool{}
	p.taken = nil
	sure := p.everything
	for file, doubtful := range p.files {
		now, counts := p.counts(file, doubtful)
		if counts {
			if isGoFile(file) {
				packages[packageOf(file)] = true
			}
			p.taken = append(p.taken, file)
			sure = sure || !doubtful
		}
		if doubtful && p.isGone(file, now) { // the tests will write it again
			if text, ok := p.looked[file]; ok {
				p.seen[file] = text
			}
			continue
		}
		p.seen[file] = now
	}
	clear(p.looked)
	if sure {
		p.inARow = 0
	} else if len(p.taken) > 0 {
		p.inARow++
	}
	everything := p.everything
	clear(p.files)
	p.everything, p.first, p.last = false, time.Time{}, time.Time{}
	if everything {
		p.taken = nil
		return []string{Everything}
	}
	slices.Sort(p.taken)
	return slices.Sorted(maps.Keys(packages))
}
