package worker

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// The ports are below those that systems assign automatically (Linux from
// 32768, macOS and Windows from 49152), so that a free port stays free.
const (
	firstPort   = 10000
	masterPort  = 29900 // and the 99 after it: outside a run
	mostPorts   = 100   // of a worker
	portsOfARun = masterPort - firstPort
)

// ports is where the search of this process for a free port continues. It does
// not start again at the first port, since a port that a test has just released
// may still have open connections.
type ports struct {
	mutex sync.Mutex
	begun bool
	next  int
}

// Port returns a TCP port that is reserved for this test until it ends. Other
// workers and other tests of the run do not get it, and no process listens on
// it, on all addresses or on the loopback addresses.
//
// Each worker has a block of ports: 10000 to 10099 for the first, the next
// hundred for the second, up to 29899. Up to 199 workers have 100 ports each;
// with more workers, the range is divided evenly (99 each for 200). Outside a
// run the block is 29900 to 29999. The test fails if no port of the block is
// free.
//
// A process that is not part of the run can still listen on the port before the
// test does. Two simultaneous runs of a user on one machine have the same blocks
// and share the reservations, so that they never have the same port.
func Port(t testing.TB) int {
	t.Helper()
	port, file, err := current.port()
	if err != nil {
		t.Fatalf("worker.Port: reserving a port on %s: %v", current.id, err)
		return 0
	}
	t.Cleanup(func() { unlockFile(file) })
	return port
}

// portBlock returns the first port of the worker and the number of its ports.
func (r *run) portBlock() (first, size int) {
	if !r.distributed {
		return masterPort, mostPorts
	}
	size = min(mostPorts, portsOfARun/r.count)
	return firstPort + r.index*size, size
}

func (r *run) port() (int, *os.File, error) {
	dir, err := r.portFolder()
	if err != nil {
		return 0, nil, err
	}
	first, size := r.portBlock()
	if size == 0 {
		return 0, nil, fmt.Errorf("%d workers are more than there are ports; use fewer", r.count)
	}
	r.ports.mutex.Lock()
	defer r.ports.mutex.Unlock()
	if !r.ports.begun {
		r.ports.begun, r.ports.next = true, int(startOf(uuid.New())%uint32(size))
	}
	reserved := 0
	for range size {
		port := first + r.ports.next
		r.ports.next = (r.ports.next + 1) % size
		file, got, err := tryLockFile(filepath.Join(dir, strconv.Itoa(port)))
		if err != nil {
			return 0, nil, err
		}
		if !got {
			reserved++
			continue
		}
		if free(port) {
			return port, file, nil
		}
		unlockFile(file)
	}
	return 0, nil, fmt.Errorf("none of the ports %d to %d is free: %d are reserved by tests that have not ended, on %d "+
		"something listens; end servers that were left behind, or let tests with many ports run one after another",
		first, first+size-1, reserved, size-reserved)
}

// portFolder returns the folder of the reservations, which is the same for all runs of the user
// on the machine if they can share one.
func (r *run) portFolder() (string, error) {
	own, err := r.folder("port")
	if err != nil || !r.distributed {
		return own, err
	}
	shared := filepath.Join(os.TempDir(), userFolder)
	if ownFolder(shared) == nil && os.MkdirAll(filepath.Join(shared, "port"), 0o700) == nil {
		return filepath.Join(shared, "port"), nil
	}
	return own, nil
}

// free reports whether a server can listen on the port. Some systems allow a
// process to listen on one address while another process listens on all, or the
// other way round. The second process would then get connections that are meant
// for the first.
func free(port int) bool {
	for _, address := range []struct{ network, host string }{{"tcp", ""}, {"tcp4", "127.0.0.1"}, {"tcp6", "::1"}} {
		if listens(address.network, address.host, port) {
			continue
		}
		if listens(address.network, address.host, 0) {
			return false
		}
		// The machine does not have such an address.
	}
	return true
}

func listens(network, host string, port int) bool {
	listener, err := net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = listener.Close()
	return true
}
