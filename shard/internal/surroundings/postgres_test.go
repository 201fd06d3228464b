//go:build unix

package surroundings

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

const postgresFolder = "../../testdata/postgres"

// The module in postgresFolder has packages whose tests use one PostgreSQL server. With
// worker.Name, each worker has its own database on it, which is created once and dropped
// after the run. With one database for all workers, the tests disturb each other. In the
// package stock, each test has its own database, a clone of a template.
func TestPostgres(t *testing.T) {
	shardtest.Expensive(t, "starts a database for each worker")
	t.Parallel()
	bin := postgresPrograms(t)
	packages := []string{"invoices", "orders", "refunds", "reports", "stock"}

	t.Run("a database per worker", func(t *testing.T) {
		t.Parallel()
		r := startPostgresRun(t, bin)
		// The command of docs/isolation.md, but for the stop.sh.
		output, err := r.gotestshard(3, "", "-n", "3", "--setup", "sh start.sh", "--teardown", "sh '"+r.stop+"'", "--", "-count=1", "./...")
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		r.checkNothingLeft()
		workers := workersOf(output)
		// A worker with several packages has one database for them.
		if ran := slices.Concat(slices.Collect(maps.Values(workers))...); len(workers) != 3 || !slices.Equal(slices.Sorted(slices.Values(ran)), packages) {
			t.Errorf("the workers ran the packages %v\n%s", workers, output)
		}
		if made := r.databases(); !slices.Equal(made, []string{"gw0_shop", "gw1_shop", "gw2_shop"}) {
			t.Errorf("the databases %q were created", made)
		}
	})
	t.Run("without a worker", func(t *testing.T) {
		t.Parallel()
		r := startPostgresRun(t, bin)
		variables := filepath.Join(r.tmp, "variables")
		r.run("GOTESTSHARD_ENV="+variables, "sh", "start.sh")
		text, err := os.ReadFile(variables)
		if err != nil {
			t.Fatal(err)
		}
		r.env = append(r.env, strings.Fields(string(text))...)
		defer func() {
			r.run("", "sh", r.stop)
			templates, clones := r.clones()
			if templates != 1 || clones != 3 {
				t.Errorf("%d templates and %d clones were created, want 1 and 3", templates, clones)
			}
			r.checkNothingLeft("variables", fmt.Sprintf("gotestshard-worker-%d", os.Getuid())) // the latter has the locks for later runs
			shared, own, slots := 0, 0, map[string]int{}
			for _, name := range r.databases() {
				switch name {
				case "shop":
					shared++
				case "master_shop":
					own++
				case "gw0_shop", "gw1_shop", "gw0_s1_shop", "gw1_s1_shop":
					slots[name]++
				default:
					t.Errorf("the database %s was created", name)
				}
			}
			if len(slots) != 4 {
				t.Errorf("the databases of two runs at once are %v", slots)
			}
			if shared != 1 || own < 2 {
				t.Errorf("the shared database was created %d times, want 1, and those of the 2 packages %d times", shared, own)
			}
		}()
		// Two runs at once, whose packages wait for each other, have databases of their own.
		var both sync.WaitGroup
		meet := "MEET=" + meetingPoint(t, 4)
		for range 2 {
			both.Go(func() {
				if output, err := r.gotestshard(0, meet, "-n", "2", "--", "-count=1", "./orders", "./refunds"); err != nil {
					t.Errorf("%v\n%s", err, output)
				}
			})
		}
		both.Wait()
		// One database for all collides.
		output, err := r.gotestshard(2, "SHARED=1", "-n", "2", "--", "-count=1", "./orders", "./refunds")
		if shardtest.ExitCode(err) != 1 || !regexp.MustCompile(`_test\.go:\d+: got .*\bcents\b.*, want `).Match(output) {
			t.Errorf("the packages did not collide: %v\n%s", err, output)
		}
		r.run("", "go", "test", "-count=1", "./orders", "./refunds")
		// Processes of several workers clone the same template.
		if output, err := r.gotestshard(0, "", "-n", "2", "--dist", "load", "--timings", "off", "--", "-count=1", "./stock"); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
}

// docs/isolation.md shows unchanged parts of the module.
func TestExampleIsAsInTheDocument(t *testing.T) {
	document, err := os.ReadFile("../../../docs/isolation.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)<!-- (\\S+) -->\n```\\w+\n(.*?)```").FindAllSubmatch(document, -1)
	for _, block := range blocks {
		file, err := os.ReadFile(filepath.Join(postgresFolder, string(block[1])))
		if err != nil || !bytes.Contains(file, block[2]) {
			t.Errorf("%s does not have (%v)\n%s", block[1], err, block[2])
		}
	}
	if len(blocks) != 7 {
		t.Errorf("%d blocks, want 7", len(blocks))
	}
}

// postgresPrograms returns the folder with the programs of the server.
func postgresPrograms(t *testing.T) string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	// On Debian, they are not on the PATH, because there may be several versions.
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[0])
	}
	const missing = "there is no PostgreSQL server here; install it, on Debian with: apt-get install postgresql"
	if os.Getenv("GOTESTSHARD_TEST_POSTGRES") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// postgresRun runs programs in the module.
type postgresRun struct {
	*testing.T
	tmp  string // the folder for temporary files
	keep string // where the log of the server is stored
	stop string // runs stop.sh after it has stored the log
	env  []string
}

func startPostgresRun(t *testing.T, bin string) *postgresRun {
	r := &postgresRun{T: t, keep: t.TempDir()}
	var err error
	if r.tmp, err = os.MkdirTemp("", "pg"); err != nil { // short: the path of a socket has about 100 characters
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(r.tmp) })
	if err := os.Chmod(r.tmp, 0o711); err != nil { // if this is root, the user of the server needs access
		t.Fatal(err)
	}
	r.stop = filepath.Join(r.keep, "stop.sh")
	script := fmt.Sprintf("cp \"$SHOP_SERVER/log\" '%s/log' && exec sh stop.sh\n", r.keep)
	if err := os.WriteFile(r.stop, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	r.env = append(environ.Run{}.Without(os.Environ()), "TMPDIR="+r.tmp, "NO_COLOR=1",
		"PATH="+shardtest.Builds(t).Path(bin+string(filepath.ListSeparator)+os.Getenv("PATH")))
	r.env = append(r.env, shardtest.BuildEnv(t)...)
	return r
}

// meetingPoint returns an address that closes its connections once there are as many as
// given.
func meetingPoint(t *testing.T, many int) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _, _ = listener.Close(), <-ended })
	go func() {
		defer close(ended)
		var waiting []net.Conn
		for n := 1; ; n++ {
			conn, err := listener.Accept()
			if err == nil {
				waiting = append(waiting, conn)
			}
			if err != nil || n >= many {
				for _, conn := range waiting {
					_ = conn.Close()
				}
				waiting = nil
			}
			if err != nil {
				return
			}
		}
	}()
	return listener.Addr().String()
}

// gotestshard runs gotestshard while so many packages wait for each other (testdb.Meet).
func (r *postgresRun) gotestshard(meeting int, env string, args ...string) ([]byte, error) {
	cmd := exec.Command("gotestshard", args...)
	cmd.Dir, cmd.Env = postgresFolder, append(slices.Clone(r.env), "MEET="+meetingPoint(r.T, meeting), env)
	return cmd.CombinedOutput()
}

// run runs a command with one more variable.
func (r *postgresRun) run(env string, command ...string) {
	r.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = postgresFolder, append(slices.Clone(r.env), env)
	// A file instead of a pipe, because the server keeps it open.
	output, err := os.Create(filepath.Join(r.keep, "output"))
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = output.Close() }()
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(output.Name())
		r.Errorf("%q: %v\n%s", command, err, text)
	}
}

// log returns the log of the server, which has all created and dropped databases.
func (r *postgresRun) log() string {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.keep, "log"))
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

// databases are those that were made, each of which was dropped after that.
func (r *postgresRun) databases() (made []string) {
	r.Helper()
	log := r.log()
	for _, match := range regexp.MustCompile(`statement: CREATE DATABASE (\w+)`).FindAllStringSubmatchIndex(log, -1) {
		name := log[match[2]:match[3]]
		made = append(made, name)
		if !strings.Contains(log[match[1]:], "statement: DROP DATABASE IF EXISTS "+name+";") {
			r.Errorf("%s was not dropped", name)
		}
	}
	slices.Sort(made)
	if r.Failed() {
		r.Logf("the server's log:\n%s", log)
	}
	return made
}

// clones returns how many templates there were, and how many databases were cloned and dropped.
func (r *postgresRun) clones() (templates, clones int) {
	r.Helper()
	log := r.log()
	for _, match := range regexp.MustCompile(`CREATE DATABASE ("testdb_tpl_[0-9a-f]+(_inst_[0-9a-f]+)?")`).FindAllStringSubmatch(log, -1) {
		switch {
		case match[2] == "":
			templates++
		case strings.Contains(log, "DROP DATABASE IF EXISTS "+match[1]):
			clones++
		}
	}
	return templates, clones
}

// checkNothingLeft checks that the server has ended, and that its folder and the folder of
// the run are gone.
func (r *postgresRun) checkNothingLeft(but ...string) {
	r.Helper()
	entries, err := os.ReadDir(r.tmp)
	if err != nil {
		r.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(but, entry.Name()) {
			r.Errorf("%s was left behind", entry.Name())
		}
	}
	left, err := shardtest.ProcessesLeft(r.tmp)
	if err != nil {
		r.Fatal(err)
	}
	if left != "" {
		r.Errorf("processes were left behind:\n%s", left)
	}
}

// workersOf returns the packages that each worker had.
func workersOf(output []byte) map[string][]string {
	workers := map[string][]string{}
	for _, match := range regexp.MustCompile(`(?m)^\[(gw\d)\] ✓  (\w+)`).FindAllSubmatch(output, -1) {
		worker := string(match[1])
		workers[worker] = append(workers[worker], string(match[2]))
	}
	return workers
}
