package worker_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/gotestshard/gotestshard/shard/worker"
)

// test takes the place of the t of a real test. Its method end ends the test.
type test struct {
	testing.TB
	cleanups []func()
}

func (*test) Helper()            {}
func (*test) Name() string       { return "TestOrders" }
func (*test) Skipped() bool      { return false }
func (t *test) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (*test) Fatalf(format string, values ...any) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

func (t *test) end() {
	for i := range t.cleanups {
		t.cleanups[len(t.cleanups)-1-i]()
	}
}

func ExampleID() {
	fmt.Println(worker.ID(), worker.Index(), "of", worker.Count(), worker.Distributed())
	// Output: master 0 of 1 false
}

func ExampleName() {
	fmt.Println(worker.Name("db")) // gw0_db on the first worker of a run
	// Output: master_db
}

func ExampleUniqueName() {
	t := &test{} // in a test: its t
	defer t.end()
	name := worker.UniqueName(t, "orders") // gw0_orders_1a2b3c4d
	fmt.Println(regexp.MustCompile(`[0-9a-f]{8}$`).ReplaceAllString(name, "…"))
	fmt.Println(len(worker.UniqueName(t, t.Name()))) // to see whose it is
	// Output:
	// master_orders_…
	// 26
}

func ExampleUniqueDNSName() {
	t := &test{}
	defer t.end()
	bucket := worker.UniqueDNSName(t, "Invoices 2026") // gw0-invoices-2026-1a2b3c4d
	fmt.Println(regexp.MustCompile(`[0-9a-f]{8}$`).ReplaceAllString(bucket, "…"))
	// Output: master-invoices-2026-…
}

func ExamplePort() {
	t := &test{}
	defer t.end()
	server, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(worker.Port(t)))
	if err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	fmt.Println(server.Addr().Network())
	_ = server.Close()
	// Output: tcp
}

func ExampleLock() {
	t := &test{}
	defer t.end()
	worker.Lock(t, "printer") // from here to its end, this test alone prints
	fmt.Println("printing")
	// Output: printing
}

// One database per worker: created by the first test that needs it, reused by
// every package that runs on the worker, and dropped after the run.
func ExampleOnce() {
	type database struct{ Name string }
	connect := func(t testing.TB) database {
		name := worker.Name("db")
		return worker.Once(t, name, func() (database, error) {
			fmt.Println("creating", name)
			return database{Name: name}, nil
		}, worker.Teardown("go", "version")) // in a real test: "dropdb", "--if-exists", name
	}

	t := &test{}
	defer t.end()
	fmt.Println(connect(t).Name)
	fmt.Println(connect(t).Name)
	// Output:
	// creating master_db
	// master_db
	// master_db
}

// The command of a teardown can use the result of the setup.
func ExampleTeardownFunc() {
	t := &test{}
	defer t.end()
	queue := worker.Once(t, "queue", func() (string, error) {
		return worker.UniqueName(t, "queue"), nil
	}, worker.TeardownFunc(func(queue string) []string {
		return []string{"go", "env", queue} // in a real test: "queuectl", "delete", queue
	}), worker.TeardownEnv("GOFLAGS="))
	fmt.Println(len(queue))
	// Output: 21
}

func ExampleTempDir() {
	t := &test{}
	defer t.end()
	path := filepath.Join(worker.TempDir(t), worker.Name("schema.sql"))
	fmt.Println(filepath.Base(path), os.WriteFile(path, []byte("create table …"), 0o600))
	// Output: master_schema_sql <nil>
}
