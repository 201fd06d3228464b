// Package worker gives tests the id of their worker, and helpers that keep tests
// from interfering with each other: names, ports, folders, locks, and setup that
// is done once for the whole run.
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
// Under plain go test all packages run at the same time, all as master, so they
// share the names that Name returns. To keep them apart there, call [Lock] with
// that name before Once. On workers this costs nothing, since only one process
// has the name.
//
// # What to use for what
//
//   - [Name]: a resource that each worker has once and that lasts: gw0_db.
//   - [UniqueName], [UniqueDNSName]: a resource that one test creates for itself.
//   - [Port]: a TCP port for a server that the test starts.
//   - [Once]: expensive setup: once per run, or with a name from [Name], once per
//     worker. With [Teardown] it is undone after the run.
//   - [Lock]: a resource that exists only once and that tests must not share.
//   - [TempDir]: files that all processes of a run read and write.
//
// # Names
//
// Names consist of a to z, 0 to 9 and underscores (hyphens in
// [UniqueDNSName]), have at most 63 bytes, start with a letter and end in a
// letter or digit. They are valid identifiers without quotes for PostgreSQL (63
// bytes) and MySQL (64), and valid file names on every system: they have no
// upper case and no trailing dot, and are not device names of Windows.
//
// A name consists of the worker, the slot of the run unless that is 0, the parts
// and, if it is unique, eight hexadecimal characters instead of the slot. In a part, upper case becomes lower case, and
// everything between letters and digits becomes one underscore. An empty part
// is left out. A part without letters and digits is replaced by a hash of it. A
// name that is too long is shortened in the middle of its parts and, if it is
// not unique, ends in a hash.
//
// The worker is its id without the characters that are neither letters nor
// digits. For gw0 and master that is the id itself. If the name of a shard does
// not fit, six characters of a hash are added, so that two shards never share a
// name. A shard's name does not fit if it has other characters, starts with a
// digit, has more than 24 characters or is reserved by an operating system or a
// database.
//
// # Teardown
//
// A run has many test processes, and a process cannot know that it is the last.
// So the teardown of [Once] is a command, not a function. [Once] registers it in
// the folder of the run. gotestshard runs the registered commands after the last
// test process has ended, whether the tests passed, failed, crashed or were
// stopped with Ctrl-C. If a command fails, its output is shown and the run fails.
// The latest registration runs first, as with deferred calls:
//
//   - A [Teardown], whose arguments are known beforehand, is registered before
//     the setup starts. It runs even if the setup fails or its process dies
//     halfway, so it must succeed when there is nothing to remove (dropdb
//     --if-exists, rm -f). If the setup succeeds, the teardown's position is that
//     of the end of the setup: after the registrations that the setup itself made
//     with Once.
//   - A [TeardownFunc] builds the command from the setup's result. It is
//     registered after the setup and before any test gets the result. If the
//     setup fails, there is no result, so no command is registered.
//
// If a setup skips its test, its registration is withdrawn. A command that is
// already registered is not registered a second time. To tear down in Go, make
// the command a go run of a small program of yours.
//
// Outside a run, the command runs when the last test that uses the result has
// ended. If it fails, that test fails.
//
// # Processes and crashes
//
// All waiting is for kernel locks, which are released when a process dies. So
// nothing needs to be cleaned up after a crash.
//
// Outside a run, [Lock], [Port] and [UniqueName] work across all of the user's
// test processes on the machine, with a few small files in
// gotestshard-worker-UID in the system's folder for temporary files. [Once] and
// [TempDir] then apply to one process.
//
// # Environment
//
// gotestshard sets GOTESTSHARD_WORKER, GOTESTSHARD_WORKER_INDEX,
// GOTESTSHARD_WORKER_COUNT, GOTESTSHARD_RUN_ID, GOTESTSHARD_SLOT and
// GOTESTSHARD_RUN_DIR. This package reads them when the process starts. If the
// first or the last is not set, the process is not part of a run. If a test
// passes its environment on to another process, pass on all six.
//
// # Failures
//
// Functions that take a [testing.TB] end the test with t.Fatal if they fail. So
// call them from the test's own goroutine. They do not panic.
package worker
