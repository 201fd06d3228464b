package worker

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/uuid"
)

// Random 32-bit numbers repeat: a million of them contain about a hundred
// pairs. So the processes of a run share one counter. A number is the beginning
// of the run's UUID plus the counter times a step. The step is odd, so that
// every number is used before one repeats, and large, so that consecutive names
// look different.
const (
	numberStep  = 0x9E3779B1
	numberBlock = 256 // taken from the counter at a time: fewer file accesses
)

type numbers struct {
	mutex     sync.Mutex
	start     uint32
	next, end uint64
}

// suffix returns the next eight hexadecimal characters.
func (r *run) suffix() (string, error) {
	n := &r.numbers
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.next == n.end {
		if err := r.takeNumbers(); err != nil {
			return "", err
		}
	}
	number := n.start + uint32(n.next)*numberStep
	n.next++
	return fmt.Sprintf("%08x", number), nil
}

func (r *run) takeNumbers() error {
	n := &r.numbers
	dir, err := r.folder("name")
	if err != nil {
		if r.distributed {
			return err
		}
		// Outside a run the shared counter is optional: without it, this
		// process counts alone, from a UUID of its own.
		n.start, n.next, n.end = startOf(uuid.New()), 0, 1<<32
		return nil
	}
	file, err := lockFile(filepath.Join(dir, "counter"))
	if err != nil {
		return err
	}
	defer unlockFile(file)
	id, next := readCounter(file)
	line := fmt.Sprintf("%s %020d\n", id, next+numberBlock)
	// This is one write of the same length each time, so a process that is
	// killed leaves the old line or the new one.
	if _, err := file.WriteAt([]byte(line), 0); err != nil {
		return err
	}
	n.start, n.next, n.end = startOf(id), next, next+numberBlock
	return nil
}

// readCounter reads the counter. If the file has no valid line, it starts
// again, from another UUID.
func readCounter(file *os.File) (uuid.UUID, uint64) {
	var text string
	var next uint64
	if _, err := fmt.Fscanf(file, "%36s %d\n", &text, &next); err == nil {
		if id, err := uuid.Parse(text); err == nil {
			return id, next
		}
	}
	return uuid.New(), 0
}

func startOf(id uuid.UUID) uint32 { return binary.BigEndian.Uint32(id[:4]) }
