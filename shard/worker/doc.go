// Package worker tells a test which of a run's workers it is on and keeps what
// it makes out of the other tests' way: names, ports, folders, locks, and
// set-up that is done once for the whole run.
//
// It works the same under gotestshard, under plain go test and in an IDE. Under
// gotestshard the tests run in many processes on N workers, gw0 to gw(N-1).
// Everywhere else there is one worker, called master.
//
//	func TestOrders(t *testing.T) {
//		db := worker.Once(t, worker.Name("db"), createDatabase, // once per worker
//			worker.Teardown("dropdb", "--if-exists", worker.Name("db")))
//		queue := worker.UniqueName(t, "orders") // gw0_orders_1a2b3c4d
//		port := worker.Port(t)                  // this test's until it ends
//		…
//	}
//
// Under plain go test all packages run at the same time and all are master, so
// what Name names they share. A [Lock] on that name before Once keeps them apart
// there, and costs nothing on workers, where only one process has the name.
//
// # What to use for what
//
//   - [Name]: a thing that each worker has one of and that lasts: gw0_db.
//   - [UniqueName], [UniqueDNSName]: a thing that one test makes for itself.
//   - [Port]: a TCP port for a server that the test starts.
//   - [Once]: set-up that is dear: once per run, or with a name from [Name],
//     once per worker. With [Teardown] it is undone after the run.
//   - [Lock]: a thing that there is only one of and that tests must not share.
//   - [TempDir]: files that all processes of a run read and write.
//
// # Names
//
// Names consist of a to z, 0 to 9 and underscores (hyphens in
// [UniqueDNSName]), have at most 63 bytes, start with a letter and end in a
// letter or digit. They are identifiers for PostgreSQL (63 bytes) and MySQL
// (64) that need no quotes, and file names on every system: no case to fold, no
// trailing dot, none of the names that Windows keeps for devices.
//
// A name is the worker, the parts and, if it is unique, eight hexadecimal
// characters. In a part, upper case becomes lower case, and everything between
// letters and digits becomes one underscore. An empty part is left out; a part
// without any such character is replaced by a hash of it. A name that is too
// long keeps its worker and its end and loses the middle of its parts.
//
// The worker is its id without what is neither letter nor digit. For gw0 and
// master that is the id itself. A shard whose name does not fit (it has other
// characters, starts with a digit, has more than 24 characters or is reserved
// somewhere) gets six characters of a hash, so that two shards never share a
// name.
//
// # Teardown
//
// The processes of a run come and go: none of them knows that it is the last.
// So what [Once] made is torn down by a command, not by a function. [Once]
// registers it in the folder of the run; gotestshard runs what is registered
// after the last test process has ended, whether the tests passed, failed,
// crashed or were stopped with Ctrl-C. A command that fails makes the run fail
// and its output is shown. The newest registration comes first, as with deferred calls:
//
//   - A [Teardown], whose words are known beforehand, is registered before the
//     setup starts: if the setup fails or its process dies half-way, it runs
//     all the same, so it has to bear that there is nothing to remove (dropdb
//     --if-exists, rm -f). When the setup has succeeded, it counts as
//     registered at that moment: after all that the setup itself made with Once.
//   - A [TeardownFunc] builds the command from what the setup returned, and is
//     registered after the setup and before any test sees the result. If the
//     setup fails there is nothing to build it from and nothing is registered.
//
// A setup that skips its test has made nothing: its registration is withdrawn.
// A registration that is already there is not made a second time. To tear down
// in Go, make the command a go run of a small program of yours.
//
// Outside a run, the command runs when the last test that uses the result has
// ended, and if it fails, that test fails.
//
// # Processes and crashes
//
// All that waits, waits for a lock of the kernel, which a dead process does not
// hold. Nothing has to be cleaned up after a crash.
//
// Outside a run, [Lock], [Port] and [UniqueName] keep out of the way of the
// user's other test processes on the machine, with a few small files in
// gotestshard-worker-UID in the system's folder for temporary files. [Once] and
// [TempDir] are then for one process.
//
// # Environment
//
// gotestshard sets GOTESTSHARD_WORKER, GOTESTSHARD_WORKER_INDEX,
// GOTESTSHARD_WORKER_COUNT, GOTESTSHARD_RUN_ID and GOTESTSHARD_RUN_DIR, which
// are read when the process starts. Without the first or the last it is not a
// run. Keep all five together when a test hands its environment on.
//
// # Failures
//
// Functions that take a [testing.TB] end the test with t.Fatal when they cannot do their
// work, and so have to be called from the test's own goroutine. They do not panic.
package worker
