package gotest

// What follows is relied on, and promised by nobody: it is inside the go command and
// package testing, and a new release of Go may change it. TestContract holds each fact
// against the go command that is there. Where one has changed, its message is the
// comment that stands here: what it is, where the source of Go has it, who needs it.

// The arguments with which the go command starts a test binary.
const (
	// FlagPrefix begins every argument that the go command gives a test binary, before
	// those of the user's -args. The binary is the word before the first of them, behind
	// the words of -exec.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: newTask in server.go finds the binary, binaryFlags in selection.go its flags.
	FlagPrefix = "-test."

	// FlagV is test2json under -json, and true under -json -v.
	//
	// Go: cmd/go/internal/test, testVFlag; testing, chattyFlag.
	// Here: newTask in server.go and framed in split/attempt.go, which set FramedV: what
	// becomes of a test is read from the marked lines alone.
	FlagV   = "-test.v="
	FramedV = FlagV + "test2json"
	plainV  = FlagV + "true"

	// flagTimeout has the -timeout as Go writes a duration, noTimeout for 0.
	//
	// Go: cmd/go/internal/test, testFlags.
	// Here: HookedCommand in args.go asks for it and newTask in server.go puts the user's
	// own in its place: a test would not end by its -timeout any more.
	flagTimeout = FlagPrefix + "timeout="
	noTimeout   = flagTimeout + "0s"

	// FlagRun, FlagSkip, FlagList and FlagFailFast are how the flags arrive that select
	// tests: in one word, with the value behind an equals sign.
	//
	// Go: cmd/go/internal/test, testFlags.
	// Here: Rerun.Binary in rerun.go, Selection in selection.go, selectsAll in
	// split/split.go: tests would run that were not to, or twice.
	FlagRun      = FlagPrefix + "run="
	FlagSkip     = FlagPrefix + "skip="
	FlagList     = FlagPrefix + "list="
	FlagFailFast = FlagPrefix + "failfast"

	// flagBench and flagFuzz are there for a run that nobody kills from outside.
	//
	// Go: cmd/go/internal/test, runTest (testKillTimeout).
	// Here: newTask in server.go, Rerun.Binary in rerun.go.
	flagBench = FlagPrefix + "bench="
	flagFuzz  = FlagPrefix + "fuzz="

	// flagCount is there when the user gave -count, which is how results are kept out of
	// the cache.
	//
	// Go: cmd/go/internal/test, runCache.tryCacheWithID.
	// Here: newTask in server.go asks for no log then.
	flagCount = FlagPrefix + "count="

	// profileFlag is the file for the coverage profile, under -coverprofile; coverFlag the
	// folder for the coverage data, under every -cover.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; internal/coverage/cfile.
	// Here: Parts in parts.go and SeparateCoverage in coverage.go: the processes of one
	// binary would write over each other's coverage.
	profileFlag = FlagPrefix + "coverprofile="
	coverFlag   = FlagPrefix + "gocoverdir="

	// coverVariable is the folder of coverFlag in the environment, for programs that a
	// test builds and runs.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: Coverage.Env in coverage.go.
	coverVariable = "GOCOVERDIR"

	// metaFiles is the file in the folder of coverFlag in which the go command tells a
	// test binary of the packages of -coverpkg that are not linked into it.
	//
	// Go: internal/coverage, MetaFilesFileName; golang/go#58770.
	// Here: copyMetaFiles in coverage.go: those packages would be missing in the coverage.
	metaFiles = "metafiles.txt"
)

// What is in the folder of a test binary while the go command runs it.
const (
	// MainFile is the source of the test binary's main package, beside the binary.
	//
	// Go: cmd/go/internal/test, builderTest (writeTestmain).
	// Here: testLog and packageOf in server.go, MainTests in suite/main.go: nothing would
	// be cached, and what is listed not be compared with what the binary has.
	MainFile = "_testmain.go"

	// MainTests, MainFuzzTargets and MainExamples are the variables in MainFile whose
	// elements begin with the names of what m.Run runs, in its order.
	//
	// Go: cmd/go/internal/load, testmainTmpl.
	// Here: MainTests in suite/main.go.
	MainTests       = "tests"
	MainFuzzTargets = "fuzzTargets"
	MainExamples    = "examples"

	// mainImport is how MainFile imports the package that it tests, or the external test
	// package beside it.
	//
	// Go: cmd/go/internal/load, testmainTmpl.
	// Here: packageOf in server.go, for binaries that have no build information.
	mainImport = `(?m)^\s*(?:_|_test|_xtest) "([^"]+)"$`

	// builtSuffix ends the path of the main package in the build information of a test
	// binary, behind the path of the package that it tests.
	//
	// Go: cmd/go/internal/load, TestPackagesAndErrors; since Go 1.24.
	// Here: packageOf in server.go: no binary would be split or get its own timing.
	builtSuffix = ".test"

	// testLogName is the file beside the binary that tells the go command what the tests
	// have read. When it is there, the result is cached, though the go command itself
	// does not ask for it under -exec.
	//
	// Go: cmd/go/internal/test, runTestActor.Act and runCache.saveOutput.
	// Here: testLog in server.go: nothing would be cached.
	testLogName = "testlog.txt"
	logFlag     = FlagPrefix + "testlogfile="

	// logTitle is the first line of that file, and logChdir what a line begins with that
	// says where the names below it are relative to.
	//
	// Go: testing/internal/testdeps; cmd/go/internal/test, computeTestInputsID.
	// Here: joinLogs in parts.go: a stale result could be taken for a new one.
	logTitle = "# test log\n"
	logChdir = "chdir "
)

// The words of the go command about a package, and of package testing about all tests.
const (
	// ResultOK and ResultFail begin the last line about a package; after its path there is
	// a tab and the time. The event of a failure needs a marker before it.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; golang/go#37555 about the marker.
	// Here: Converter.Finish in test2json.go, and stream/rewrite.go, which takes the wait
	// for a worker out of it.
	ResultOK   = "ok  \t"
	ResultFail = "FAIL\t"

	// noTestsNote ends that line when the output has noTestsWarning, behind the coverage.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; testing, M.Run.
	// Here: Converter.Finish in test2json.go, and text/ownlines.go, which writes the
	// warning once for all processes of a binary.
	noTestsNote    = " [no tests to run]"
	noTestsWarning = "testing: warning: no tests to run\n"

	// coverageWord begins the line at the end of a test binary that says how much its
	// tests cover, and is repeated in the result line.
	//
	// Go: internal/coverage/cformat, EmitPercent; cmd/go/internal/test, coveragePercentage.
	// Here: Converter.Finish in test2json.go, isCoverage in text/ownlines.go.
	coverageWord = "coverage: "

	// exitStatus is what a process that failed without a word is said to have done.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; os, ProcessState.String.
	// Here: Converter.Finish in test2json.go.
	exitStatus = "exit status %d\n"

	// BuildFailed and SetupFailed stand in the place of the time, behind a blank, when
	// there is no test binary: it did not compile, or could not be loaded.
	//
	// Go: cmd/go/internal/test, runTestActor.Act and runTest (reportSetupFailed).
	// Here: builtBadly in reports/annotations.go and repeats in merge/stream.go:
	// what the compiler says would be shown twice.
	BuildFailed = " [build failed]"
	SetupFailed = " [setup failed]"
)

// What is relied on without a constant here: each has a name, for the test. Words that
// packages read which stand below this one are there.
const (
	// The go command starts the hook in the package's folder, with PWD saying so, nothing to
	// read, one pipe for both outputs and its own environment.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: runHook in hook.go, startProcess in pool/supervise.go.
	_ = "the hook's place"

	// The words of -exec are split at blanks outside of quotes, and stand before the binary.
	//
	// Go: cmd/internal/quoted, Split; cmd/go/internal/work, FindExecCmd.
	// Here: quoted.go, HookCommand in env.go; TestSplitQuotedIsTheGoCommands has all quotes.
	_ = "the words of -exec"

	// Packages that are named first start first, and one that a pattern names again does
	// not start again.
	//
	// Go: cmd/go/internal/test, runTest; cmd/go/internal/load.
	// Here: HookedCommand in args.go: the longest package would not start first, or run
	// twice.
	_ = "the order of packages"

	// Without -timeout it is ten minutes.
	//
	// Go: cmd/go/internal/test, testTimeout.
	// Here: DefaultTimeout in env.go, since the go command is told of none.
	_ = "the default timeout"

	// All flags that go help tells of are known here, so that their values are not taken
	// for packages.
	//
	// Go: cmd/go/internal/test, init in testflag.go; cmd/go/internal/work, AddBuildFlags.
	// Here: withValue and withoutValue in args.go: name the new one there, and decide in
	// selection.go whether a package is still split under it.
	_ = "the flags of go test"

	// All flags of package testing are known here, with whether they need a value.
	//
	// Go: testing, Init; testing/internal/testdeps.
	// Here: withValue and withoutValue in args.go, binaryBools and wholeFlags in
	// selection.go: a package is not split under one that is not known, or is where one measures.
	_ = "the flags of a test binary"

	// Each line that says which test the following lines belong to has this byte before it
	// under FramedV.
	//
	// Go: testing, marker; cmd/internal/test2json, handleInputLine.
	// Here: framing/framing.go, text/framing.go: without it no package can be split.
	_ = "framing.Marker"

	// The lines behind a marker are === RUN, PAUSE, CONT, NAME, ATTR and ARTIFACTS, --- PASS, FAIL
	// and SKIP, with the test's name; PASS or FAIL alone at the end of all.
	//
	// Go: testing, chattyPrinter.Updatef and T.report; cmd/internal/test2json, updates and
	// reports.
	// Here: framing/framing.go, observe/testlines.go, observe/handler.go.
	_ = "framing.Parse"

	// Since Go 1.27 ^O and ^N are around what a test reports as an error, not before.
	//
	// Go: testing, common.log.
	// Here: MarksErrors in marks.go, text/errors.go: other bytes would be shown.
	_ = "framing.ErrorBegin"

	// test2json looks at no longer line.
	//
	// Go: cmd/internal/test2json, inBuffer.
	// Here: framing/framing.go, stream/hidden.go.
	_ = "framing.MaxLine"

	// The keys of an event are known here, and those of a test's output come in the order
	// Time, Action, Package, Test, Output, OutputType.
	//
	// Go: cmd/internal/test2json, event.
	// Here: event in stream/event.go, which keeps but does not know others, and parseOutput
	// in stream/joined.go, which joins no lines in another order.
	_ = "the keys of an event"

	// The actions of events are known here.
	//
	// Go: cmd/internal/test2json, updates; cmd/go/internal/load, JSON build events.
	// Here: header.counts in stream/rewrite.go, format/ci; testjson takes an unknown one of
	// a test for its end.
	_ = "the actions of events"

	// Each package has one start event, and one of pass, fail or skip at the end.
	//
	// Go: cmd/internal/test2json, NewConverter and Close.
	// Here: stream/merge.go and stream/ends.go.
	_ = "start and end"

	// What a build says are build-output events by its ImportPath, with a build-fail at the
	// end; FailedBuild of the package's fail event names it.
	//
	// Go: cmd/go/internal/load and work/shell.go; since Go 1.24.
	// Here: observe/buildnotes.go and merge/stream.go, for annotations and reports.
	_ = "build events"

	// "(cached)" is in the place of the time when a result comes from the cache, for which
	// no hook starts.
	//
	// Go: cmd/go/internal/test, runCache.tryCacheWithID.
	// Here: withoutWait in stream/rewrite.go; testjson tells cached packages by it.
	_ = "(cached)"

	// A package without test files says so in a line that begins with ?, and is skipped.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: suite.List, which has no test of it; testjson tells empty packages by it.
	_ = "[no test files]"

	// The line of coverageWord goes on with "% of statements", and that of nothing to cover
	// is [no statements].
	//
	// Go: internal/coverage/cformat, EmitPercent.
	// Here: isCoverage in text/ownlines.go, percent in coverage/profile.go,
	// observe/coverage.go.
	_ = "the percentage"

	// A coverage profile begins with its mode, and each line ends with the statements and the count.
	//
	// Go: internal/coverage/cformat, EmitTextual.
	// Here: coverage/join.go.
	_ = "the profile"

	// m.Run says the seed in a line of its own before all tests.
	//
	// Go: testing, M.Run.
	// Here: isShuffle in text/ownlines.go.
	_ = "-test.shuffle"

	// "panic: " begins the line of a panic, "panic: test timed out after " that of -timeout,
	// and "goroutine " each trace, behind a blank line.
	//
	// Go: runtime, printpanics; testing, M.startAlarm.
	// Here: observe/testlines.go, text/words.go, source/place.go, stream/rewrite.go
	// (timedOut).
	_ = "panic:"

	// *** Test killed and *** Test I/O incomplete are what a process is told that does not
	// end by itself, a minute or a tenth after its -timeout.
	//
	// Go: cmd/go/internal/test, runTestActor.Act and runTest.
	// Here: limits and explain in pool/supervise.go, which say the same.
	_ = "words of the end"

	// A program of this name runs another system's binaries, if it is on the PATH.
	//
	// Go: cmd/go/internal/work, FindExecCmd.
	// Here: settings in env.go.
	_ = "go_GOOS_GOARCH_exec"

	// go env has the variables of goEnv, and go env -w writes lines of KEY=VALUE into the file GOENV.
	//
	// Go: cmd/go/internal/cfg, initEnvCache; cmd/go/internal/envcmd.
	// Here: readGoEnv and readGoEnvFile in env.go.
	_ = "go env"

	// go list -e -find -json=FIELDS lists packages that do not load, too, with an Error.
	//
	// Go: cmd/go/internal/list.
	// Here: ListCommand in args.go, goList in suite/list.go: no package would be split.
	_ = "go list"

	// go tool -n test2json names the program.
	//
	// Go: cmd/go/internal/tool.
	// Here: Test2JSON in test2json.go, for what the go command does not start.
	_ = "go tool test2json"
)
