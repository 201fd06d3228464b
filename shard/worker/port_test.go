package worker

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
)

func init() {
	// Reserves 20 ports at once and keeps them until the test lets it continue.
	helpers["ports"] = func(t *testing.T) {
		tell("ready")
		hear(t)
		for range 20 {
			tell("%d", Port(t))
		}
		tell("done")
		hear(t)
	}
}

func TestPortBlocks(t *testing.T) {
	for _, count := range []int{1, 3, 199, 200, 400, 19_900} {
		last := 0
		for index := range count {
			r := &run{distributed: true, index: index, count: count}
			first, size := r.portBlock()
			if first < 10_000 || first <= last || size < 1 || size > 100 || first+size > masterPort {
				t.Fatalf("worker %d of %d has %d ports from %d", index, count, size, first)
			}
			last = first + size - 1
		}
	}
	for count, want := range map[int]int{199: 100, 200: 99, 400: 49, 19_900: 1, 19_901: 0} {
		if _, size := (&run{distributed: true, count: count}).portBlock(); size != want {
			t.Errorf("%d workers have %d ports each, want %d", count, size, want)
		}
	}
	if first, size := plainRun(t).portBlock(); first != 29_900 || size != 100 {
		t.Errorf("outside a run: %d from %d", size, first)
	}
}

// Four processes of one worker of two runs compete for its block. A fifth process belongs to
// another worker.
func TestPortsOfSeveralProcesses(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // another run of this test has its own reservations
	dir := t.TempDir()
	all := together(t, 2, "ports", runEnv(dir, "gw150", 150, 199)...)
	all = append(all, together(t, 2, "ports", runEnv(t.TempDir(), "gw150", 150, 199)...)...)
	all = append(all, together(t, 1, "ports", runEnv(dir, "gw151", 151, 199)...)...)
	seen := map[string]bool{}
	for i, p := range all {
		for line := p.next(); line != "done"; line = p.next() {
			if line == "" {
				t.Fatalf("the helper ended: %s", p.output.String())
			}
			if seen[line] {
				t.Errorf("port %s was given twice", line)
			}
			seen[line] = true
			if port, _ := strconv.Atoi(line); (port >= 25_100) != (i == 4) {
				t.Errorf("process %d has port %s", i, line)
			}
		}
	}
	for _, p := range all {
		p.goOn()
		p.mustPass()
	}
	if len(seen) != 100 {
		t.Errorf("%d ports of 100", len(seen))
	}
}

// Ports in use are skipped, whether a process listens on all addresses or on the loopback
// address. If no port is left, the message has the reason.
func TestPortThatIsInUse(t *testing.T) {
	// Two ports, which another run of this test at the same time does not use.
	r := runFrom(runEnv(t.TempDir(), "gwx", 8000+os.Getpid()%1900, 9950))
	first, size := r.portBlock()
	if size != 2 {
		t.Fatal(size)
	}
	for _, host := range []string{"127.0.0.1", ""} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(first)))
		check(t, err)
		for range 3 {
			port, file, err := r.port()
			check(t, err)
			unlockFile(file)
			if port != first+1 {
				t.Errorf("with %q listened on: got %d", host, port)
			}
		}
		check(t, listener.Close())
	}

	before := current
	current = r
	defer func() { current = before }()
	holder, other := &probe{name: "TestHolder"}, &probe{name: "TestOther"}
	holder.do(func(t testing.TB) { Port(t); Port(t) })
	if holder.failed {
		t.Fatal(holder.log.String())
	}
	mustContain(t, other.do(func(t testing.TB) { Port(t) }),
		"worker.Port: reserving a port on gwx: none of the ports", fmt.Sprintf("%d to %d is free: 2 are reserved", first, first+1))
	holder.end()
	if log := (&probe{name: "TestLater"}).do(func(t testing.TB) { Port(t) }); log != "" {
		t.Error("after the test that had them ended: " + log)
	}
}

func TestPortIsUsable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(Port(t)))
	check(t, err)
	if !strings.HasPrefix(listener.Addr().String(), "127.0.0.1:299") {
		t.Error(listener.Addr())
	}
	check(t, listener.Close())
}
