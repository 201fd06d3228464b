//go:build unix

package shard

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
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// The module in testdata/postgres has four packages whose tests use one PostgreSQL server.
// With worker.Name, each worker has its own database on it, which is created once and dropped
// after the run. With one database for all workers, the tests disturb each other.
func TestPostgres(t *testing.T) {
	expensive(t, "starts a database for each worker")
	bin := postgresPrograms(t)
	packages := []string{"invoices", "orders", "refunds", "reports"}

	t.Run("a database per worker", func(t *testing.T) {
		r := startPostgresRun(t, bin, 4)
		output, err := r.gotestshard(4)
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		r.checkNothingLeft()
		if got := workersOf(output); len(got) != 4 || !slices.Equal(slices.Sorted(maps.Values(got)), packages) {
			t.Errorf("not every package had its own worker: %v\n%s", got, output)
		}
		r.checkDatabases("gw0_shop", "gw1_shop", "gw2_shop", "gw3_shop")
	})
	t.Run("packages of one worker share its database", func(t *testing.T) {
		r := startPostgresRun(t, bin, 2)
		if output, err := r.gotestshard(2); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		r.checkNothingLeft()
		r.checkDatabases("gw0_shop", "gw1_shop")
	})
	t.Run("one database for all collides", func(t *testing.T) {
		r := startPostgresRun(t, bin, 4)
		output, err := r.gotestshard(4, "SHARED=1")
		if exitCodeOf(err) != 1 || !regexp.MustCompile(`_test\.go:\d+: got .*\bcents\b.*, want `).Match(output) {
			t.Errorf("the packages did not collide: %v\n%s", err, output)
		}
		r.checkNothingLeft()
		r.checkDatabases("shop")
	})
	t.Run("plain go test", func(t *testing.T) {
		r := startPostgresRun(t, bin, 0)
		variables := filepath.Join(r.tmp, "variables")
		r.run("GOTESTSHARD_ENV="+variables, "sh", "start.sh")
		text, err := os.ReadFile(variables)
		if err != nil {
			t.Fatal(err)
		}
		r.env = append(r.env, strings.Fields(string(text))...)
		defer func() {
			r.run("", "sh", r.stop)
			r.checkNothingLeft("variables", fmt.Sprintf("gotestshard-worker-%d", os.Getuid())) // the latter has the locks for later runs
			if log := r.log(); strings.Count(log, "CREATE DATABASE master_shop") < len(packages) ||
				strings.Count(log, "DROP DATABASE IF EXISTS master_shop;") < len(packages) {
				t.Errorf("not every package created and dropped its database:\n%s", log)
			}
		}()
		r.run("", "go", "test", "-count=1", "./...")
	})
}

// docs/isolation.md shows unchanged parts of the module.
func TestExampleIsAsInTheDocument(t *testing.T) {
	document, err := os.ReadFile("../docs/isolation.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)<!-- (\\S+) -->\n```\\w+\n(.*?)```").FindAllSubmatch(document, -1)
	for _, block := range blocks {
		file, err := os.ReadFile(filepath.Join("testdata/postgres", string(block[1])))
		if err != nil || !bytes.Contains(file, block[2]) {
			t.Errorf("%s does not have (%v)\n%s", block[1], err, block[2])
		}
	}
	if len(blocks) != 4 {
		t.Errorf("%d blocks, want 4", len(blocks))
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

// startPostgresRun makes the given number of packages wait for each other (testdb.Meet).
func startPostgresRun(t *testing.T, bin string, meeting int) *postgresRun {
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
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	r.env = append(r.env, fastBuildEnv(t)...)
	if meeting > 0 {
		r.env = append(r.env, "MEET="+meetingPoint(t, meeting))
	}
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

// gotestshard runs the command of docs/isolation.md, with another stop.sh.
func (r *postgresRun) gotestshard(workers int, env ...string) ([]byte, error) {
	cmd := exec.Command("gotestshard", "-n", fmt.Sprint(workers), "--setup", "sh start.sh",
		"--teardown", "sh '"+r.stop+"'", "--", "-count=1", "./...")
	cmd.Dir, cmd.Env = "testdata/postgres", slices.Concat(r.env, env)
	return cmd.CombinedOutput()
}

// run runs a command with one more variable.
func (r *postgresRun) run(env string, command ...string) {
	r.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = "testdata/postgres", append(slices.Clone(r.env), env)
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

// checkDatabases checks that exactly these databases were created, each once, and that each
// was dropped later.
func (r *postgresRun) checkDatabases(want ...string) {
	r.Helper()
	log, made := r.log(), []string{}
	for _, match := range regexp.MustCompile(`statement: CREATE DATABASE (\w+)`).FindAllStringSubmatch(log, -1) {
		made = append(made, match[1])
		_, after, _ := strings.Cut(log, match[0])
		if !strings.Contains(after, "statement: DROP DATABASE IF EXISTS "+match[1]+";") {
			r.Errorf("%s was not dropped", match[1])
		}
	}
	slices.Sort(made)
	if !slices.Equal(made, want) || r.Failed() {
		r.Errorf("the databases %q were created, want %q; log of the server:\n%s", made, want, log)
	}
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
	left, err := processesLeft(r.tmp)
	if err != nil {
		r.Fatal(err)
	}
	if left != "" {
		r.Errorf("processes were left behind:\n%s", left)
	}
}

// workersOf returns the package of each worker.
func workersOf(output []byte) map[string]string {
	workers := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^\[(gw\d)\] ✓  (\w+)`).FindAllSubmatch(output, -1) {
		workers[string(match[1])] = string(match[2])
	}
	return workers
}
