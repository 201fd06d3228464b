// Package uncached notes what the tests of a package read, and finds out why the go command did
// not take a result of a package from its cache. It is asked when the hook starts, since then
// there was no such result.
//
//	hook starts → what the result depends on ┐
//	                                         ├ compare → reason ┐
//	record of the earlier runs ──────────────┘                  ├ record
//	hook ends   → what the tests have read, and how it ended ───┘
//
// A record is a small file per package in a folder of GOCACHE, so that it is stored with the
// results that it is about. It has no value of an environment variable, only a short keyed hash of
// each. Nothing here fails a run: without a record, the reason is not known.
package uncached

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// Config is what all packages of a run have in common.
type Config struct {
	Cache string       // GOCACHE
	Run   string       // the id of the run
	Env   environ.List // of the go command
	// Program, Timeout and Part are in the words of -exec: the hook, the timeout of each package, and
	// the digest of what runs on this node, empty for everything.
	Program, Timeout, Part string
	Build                  map[string]string // flags of the build that are not in a program's build information
	// Off is why no result of the run is cached, empty if that depends on the package.
	Off string
}

// Watch notes the reasons of a run. Several goroutines may call its methods. A nil Watch notes
// nothing.
type Watch struct {
	config Config
	folder folder
	env    map[string]string

	mu       sync.Mutex
	ids      map[string]string // build ids of packages, by the compiler's output
	contents map[string]content
	sources  map[string]string       // hashes by folder
	around   map[string]surroundings // by the folder of the module
	hashed   int64                   // bytes
	wrote    bool
}

// New returns a watch of a run that begins now.
func New(c Config) *Watch {
	w := &Watch{config: c, folder: folderIn(c.Cache), env: map[string]string{}, ids: map[string]string{}, contents: map[string]content{}, sources: map[string]string{}, around: map[string]surroundings{}}
	for _, variable := range c.Env {
		if name, value, ok := strings.Cut(variable, "="); ok {
			w.env[name] = value
		}
	}
	return w
}

// Test is a test binary whose result was not cached.
type Test struct {
	watch    *Watch
	pkg      string
	log      string // the file with what the tests read, empty if there is none
	state    state
	record   record
	keptOnly bool // the run says nothing about the cached results of later ones
}

// Begin notes why a test binary is started. binary is its file, args are the go command's
// arguments for it, command those with which it is run, and dir is its folder.
func (w *Watch) Begin(pkg, binary string, args, command []string, dir string) *Test {
	if w == nil || pkg == "" {
		return nil
	}
	t := &Test{watch: w, pkg: pkg, record: w.folder.read(pkg)}
	t.record.Run = w.config.Run
	for _, arg := range command {
		if file, ok := strings.CutPrefix(arg, gotest.LogFlag); ok {
			t.log = file
		}
	}
	now := describe(w, binary, args, dir)
	t.state = now.state
	t.state.Some = w.config.Part != "" || runsSome(command)
	if off := w.off(args); off != "" {
		t.keptOnly, t.record.Reason = true, off
		return t
	}
	t.record.Reason = w.reason(now, t.record.States)
	if t.log == "" {
		t.keptOnly = true
	}
	return t
}

// off returns why the go command does not look for a result, empty if it does.
func (w *Watch) off(args []string) string {
	if w.config.Off != "" {
		return w.config.Off
	}
	return Disabled(args)
}

// End notes what the tests have read. code is the exit code of the hook.
func (t *Test) End(code int) {
	if t == nil {
		return
	}
	if t.log != "" {
		t.state.Time = time.Now()
		t.state.Failed = code != 0
		t.watch.readInputs(&t.state, t.log)
		states, most := &t.record.States, mostStates
		if t.keptOnly {
			states, most = &t.record.Further, mostFurther
		}
		same := func(s state) bool { return s.isSameTest(t.state) && s.Some == t.state.Some }
		*states = slices.Insert(slices.DeleteFunc(*states, same), 0, t.state)
		*states = (*states)[:min(len(*states), most)]
	}
	if t.watch.folder.write(t.pkg, t.record) == nil {
		t.watch.mu.Lock()
		t.watch.wrote = true
		t.watch.mu.Unlock()
	}
}

// Close removes records that were not written for a long time.
func (w *Watch) Close() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wrote {
		w.folder.removeOld(time.Now())
	}
}

// Reason returns why a package was not cached in a run, and whether that is known. cache is GOCACHE.
func Reason(cache, run, pkg string) (string, bool) {
	r := folderIn(cache).read(pkg)
	return r.Reason, r.Reason != "" && r.Run == run
}
