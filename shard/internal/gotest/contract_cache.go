package gotest

// More of the facts of contract.go: how the go command keeps the results of tests, and how it calls
// the linker. The names are those of files, flags and words of Go.
const (
	// The log of what a test read begins with this line. Each of the other lines has one of the
	// operations getenv, open, stat and chdir, a space, and a name.
	//
	// Go: testing/internal/testdeps, testLog; cmd/go/internal/test, computeTestInputsID.
	// Here: logTitle and logged in uncached/inputs.go, joinLogs in parts.go: reasons and --changed
	// would miss what tests read.
	_ = "# test log"

	// Results are kept for test binaries with these flags only, of which the values of the
	// last two are not part of the key.
	//
	// Go: cmd/go/internal/test, runCache.tryCacheWithID.
	// Here: cacheable in uncached/flags.go: a wrong reason would be named.
	_ = "cacheable flags"

	// A result is not kept if the test read a file that is younger than this.
	//
	// Go: cmd/go/internal/test, hashOpen.
	// Here: modTimeCutoff in uncached/inputs.go.
	_ = "modTimeCutoff"

	// go clean -testcache writes the time into this file of the build cache, in nanoseconds.
	//
	// Go: cmd/go/internal/clean, runClean.
	// Here: expiry in uncached/compare.go.
	_ = "testexpire.txt"

	// A file in the build cache is named after its SHA-256, in a folder of the first two digits. Its
	// time is set when it is used, if it is older than mtimeInterval.
	//
	// Go: cmd/go/internal/cache, DiskCache.fileName and used.
	// Here: fileSum in linkcache/key.go, usedAge in caching/buildcache.go: entries in use would be
	// removed.
	_ = "build cache"

	// The linker is called with -o, -importcfg and -buildid, each in front of or joined to its value,
	// and the main package. The file of -importcfg lies beside the program and has a line
	// packagefile PATH=FILE for each package. The build id has four parts, and the first one is a
	// hash of all that the program is linked from. Later the last part is written into the program.
	//
	// Go: cmd/go/internal/work, gcToolchain.ld, Builder.writeLinkImportcfg and updateBuildID.
	// Here: parse in linkcache/key.go, importFile in uncached/binary.go: programs would be linked
	// each time.
	_ = "importcfg.link"

	// With -toolexec, the go command asks for the id of a tool by -V=full.
	//
	// Go: cmd/go/internal/work, Builder.toolID.
	// Here: parse in linkcache/key.go.
	_ = "-V=full"
)
