package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/google/uuid"
)

// run describes the run that this process belongs to.
type run struct {
	distributed  bool
	id           string
	index, count int
	slot         int
	runID        string
	dir          string // shared by the processes of the run; outside one, by those of the user
	problem      error  // what is wrong with the environment

	numbers numbers
	ports   ports
	temp    sharedTemp

	mutex  sync.Mutex
	setups map[string]holder     // of Once, by name: in progress in this process
	locks  map[string]holder     // of Lock, by name: held by this process
	local  map[string]*localOnce // of Once outside a run, by name
}

// current is read once, before any test can change the environment.
var current = newRun(os.Getenv)

func newRun(getenv func(string) string) *run {
	r := &run{
		id: "master", count: 1,
		setups: map[string]holder{}, locks: map[string]holder{}, local: map[string]*localOnce{},
	}
	id, dir := getenv("GOTESTSHARD_WORKER"), getenv("GOTESTSHARD_RUN_DIR")
	if id == "" || dir == "" {
		r.runID = uuid.NewString()
		r.dir = filepath.Join(os.TempDir(), userFolder)
		return r
	}
	r.distributed, r.id, r.runID, r.dir = true, id, getenv("GOTESTSHARD_RUN_ID"), dir
	index, err := strconv.Atoi(getenv("GOTESTSHARD_WORKER_INDEX"))
	count, err2 := strconv.Atoi(getenv("GOTESTSHARD_WORKER_COUNT"))
	if err != nil || err2 != nil || index < 0 || index >= count {
		r.problem = fmt.Errorf("the environment has GOTESTSHARD_WORKER_INDEX=%q and GOTESTSHARD_WORKER_COUNT=%q, "+
			"which is no index below a count; pass on all GOTESTSHARD_ variables of the run, or none",
			getenv("GOTESTSHARD_WORKER_INDEX"), getenv("GOTESTSHARD_WORKER_COUNT"))
		return r
	}
	r.index, r.count = index, count
	if text := getenv("GOTESTSHARD_SLOT"); text != "" { // an older gotestshard does not set it
		if r.slot, err = strconv.Atoi(text); err != nil || r.slot < 0 {
			r.problem = fmt.Errorf("the environment has GOTESTSHARD_SLOT=%q, which is not a number from 0; "+
				"pass on all GOTESTSHARD_ variables of the run, or none", text)
		}
	}
	return r
}

// ID returns the id of the worker that this process runs on: gw0 to gw(N-1), or
// the name of a shard. Outside a run it is master.
func ID() string { return current.id }

// Index returns the worker's index, from 0 to Count()-1; 0 outside a run. A
// worker keeps its index for the whole run, also after a crash.
func Index() int { return current.index }

// Count returns the number of workers of the run; 1 outside a run.
func Count() int { return current.count }

// Slot returns a number that no other run of the user on the machine has as long as this one lasts:
// 0, or if other runs were running when this one began, the lowest free number. Name has it in its
// names. It is 0 outside a run.
func Slot() int { return current.slot }

// RunID returns the id of the run, which is the same in all of its processes.
// Outside a run it is a UUID of this process.
func RunID() string { return current.runID }

// Distributed reports whether the tests run on the workers of a gotestshard
// run.
func Distributed() bool { return current.distributed }

// folder returns a folder inside the run's folder. It creates the folder if
// necessary.
func (r *run) folder(name string) (string, error) {
	if r.problem != nil {
		return "", r.problem
	}
	if r.distributed {
		info, err := os.Stat(r.dir)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a folder", r.dir)
		}
		if err != nil {
			return "", fmt.Errorf("the run's folder, GOTESTSHARD_RUN_DIR, cannot be used: %w; "+
				"start the tests with gotestshard, or unset GOTESTSHARD_WORKER to run them without", err)
		}
	} else if err := ownFolder(r.dir); err != nil {
		return "", err
	}
	path := filepath.Join(r.dir, name)
	return path, os.MkdirAll(path, 0o700)
}

// userFolder has the user's id in its name, because several users may share the
// folder for temporary files.
var userFolder = "gotestshard-worker-" + strconv.Itoa(max(os.Getuid(), 0))

// ownFolder creates the folder that the user's processes share outside a run.
// Another user may have created it first to get our files.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || !private(info) {
		return fmt.Errorf("%s is not a folder of yours alone; remove it, or set another folder for temporary files", dir)
	}
	return nil
}
