package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// DefaultPoll is how often folders are looked at where the system cannot watch them.
const DefaultPoll = 500 * time.Millisecond

// poller finds saves by looking at the folders again and again. It is for network and container
// mounts, which report nothing, and for more files than the system can watch.
type poller struct {
	every  time.Duration
	events chan fsnotify.Event
	done   chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	folders map[string]listing
}

// listing is what a folder contained when it was last looked at.
type listing map[string]fs.FileInfo

// newPoller starts looking. Close ends that.
func newPoller(every time.Duration) *poller {
	p := &poller{every: every, events: make(chan fsnotify.Event), done: make(chan struct{}), ended: make(chan struct{}), folders: map[string]listing{}}
	go p.poll()
	return p
}

// list lists a folder. A file that is removed meanwhile is left out.
func list(dir string) (listing, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := listing{}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			found[entry.Name()] = info
		}
	}
	return found, nil
}

// Add looks at a folder from now on, without its subfolders.
func (p *poller) Add(dir string) error {
	found, err := list(dir)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.folders[dir] == nil { // otherwise a save since the last look would be lost
		p.folders[dir] = found
	}
	return nil
}

// Remove ends looking at a folder.
func (p *poller) Remove(dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.folders, dir)
	return nil
}

// WatchList returns the folders.
func (p *poller) WatchList() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	dirs := make([]string, 0, len(p.folders))
	for dir := range p.folders {
		dirs = append(dirs, dir)
	}
	return dirs
}

// Close ends looking.
func (p *poller) Close() error {
	close(p.done)
	<-p.ended
	return nil
}

// poll ends with Close.
func (p *poller) poll() {
	defer close(p.ended)
	ticker := time.NewTicker(p.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-p.done:
			return
		}
		for _, event := range p.look() {
			select {
			case p.events <- event:
			case <-p.done:
				return
			}
		}
	}
}

// look returns what has changed since the last look.
func (p *poller) look() []fsnotify.Event {
	dirs := p.WatchList()
	slices.Sort(dirs)
	var events []fsnotify.Event
	for _, dir := range dirs {
		now, err := list(dir)
		gone := errors.Is(err, fs.ErrNotExist)
		if err != nil && !gone {
			continue // it may be readable again later
		}
		p.mu.Lock()
		before, still := p.folders[dir]
		switch {
		case !still: // removed meanwhile
			now = nil
		case gone:
			delete(p.folders, dir) // a folder that comes again is a new one
		default:
			p.folders[dir] = now
		}
		p.mu.Unlock()
		if still {
			events = append(events, changesOf(dir, before, now)...)
		}
	}
	return events
}

// changesOf returns the events between two listings of a folder, sorted by name.
func changesOf(dir string, before, now listing) []fsnotify.Event {
	var events []fsnotify.Event
	for name, info := range now {
		var op fsnotify.Op
		was, known := before[name]
		switch {
		case !known || !os.SameFile(was, info):
			op = fsnotify.Create
		case !info.IsDir() && (!was.ModTime().Equal(info.ModTime()) || was.Size() != info.Size()):
			op = fsnotify.Write
		default:
			continue
		}
		events = append(events, fsnotify.Event{Name: filepath.Join(dir, name), Op: op})
	}
	for name := range before {
		if _, ok := now[name]; !ok { // a moved folder is watched under its new name
			events = append(events, fsnotify.Event{Name: filepath.Join(dir, name), Op: fsnotify.Remove})
		}
	}
	slices.SortFunc(events, func(a, b fsnotify.Event) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return events
}
