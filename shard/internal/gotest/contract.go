package gotest

// gotestshard relies on the following facts about the go command and package testing.
// They are not documented or guaranteed, and a new release of Go may change them.
// TestContract checks each fact against the installed go command. If one has changed, the
// test prints its comment from this file: the fact, where it is in the source of Go, and
// where it is used here. contract_cache.go has more of them.

// The arguments with which the go command starts a test binary.
const (
	// FlagPrefix begins every argument that the go command passes to a test binary, before
	// those of the user's -args. The binary is the word before the first of them, after
	// the words of -exec.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: newTask in server.go finds the binary, binaryFlags in selection.go its flags.
	FlagPrefix = "-test."

	// FlagV is test2json under -json, and true under -json -v.
	//
	// Go: cmd/go/internal/test, testVFlag; testing, chattyFlag.
	// Here: newTask in server.go and framed in split/attempt.go, which set FramedV: the
	// state of the tests is read only from the marked lines.
	FlagV   = "-test.v="
	FramedV = FlagV + "test2json"
	plainV  = FlagV + "true"

	// flagTimeout has the -timeout as Go writes a duration, noTimeout for 0.
	//
	// Go: cmd/go/internal/test, testFlags.
	// Here: HookedCommand in args.go asks for it and newTask in server.go replaces it by
	// the user's own: a test would no longer end by its -timeout.
	flagTimeout = FlagPrefix + "timeout="
	noTimeout   = flagTimeout + "0s"

	// FlagRun, FlagSkip, FlagList and FlagFailFast are the flags that select tests, in the
	// form in which they arrive: in one word, with the value after an equals sign.
	//
	// Go: cmd/go/internal/test, testFlags.
	// Here: Rerun.Binary in rerun.go, Selection in selection.go, selectsAll in
	// split/finish.go: unwanted tests would run, or tests would run twice.
	FlagRun      = FlagPrefix + "run="
	FlagSkip     = FlagPrefix + "skip="
	FlagList     = FlagPrefix + "list="
	FlagFailFast = FlagPrefix + "failfast"

	// flagBench and flagFuzz are present in a run that the go command never kills.
	//
	// Go: cmd/go/internal/test, runTest (testKillTimeout).
	// Here: newTask in server.go, Rerun.Binary in rerun.go.
	flagBench = FlagPrefix + "bench="
	flagFuzz  = FlagPrefix + "fuzz="

	// profileFlag is the file for the coverage profile, with -coverprofile. coverFlag is
	// the folder for the coverage data, with any -cover flag.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; internal/coverage/cfile.
	// Here: Parts in parts.go and SeparateCoverage in coverage.go: the processes of one
	// binary would overwrite each other's coverage.
	profileFlag = FlagPrefix + "coverprofile="
	coverFlag   = FlagPrefix + "gocoverdir="

	// coverVariable is the folder of coverFlag in the environment, for programs that a
	// test builds and runs.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: Coverage.Env in coverage.go.
	coverVariable = "GOCOVERDIR"

	// metaFiles is the file in the folder of coverFlag in which the go command lists for a
	// test binary the packages of -coverpkg that are not linked into it.
	//
	// Go: internal/coverage, MetaFilesFileName; golang/go#58770.
	// Here: copyMetaFiles in coverage.go: the coverage would not include those packages.
	metaFiles = "metafiles.txt"
)

// The files in the folder of a test binary while the go command runs it.
const (
	// MainFile is the source of the test binary's main package, beside the binary. The
	// source that go list -test shows is the same.
	//
	// Go: cmd/go/internal/test, builderTest (writeTestmain); cmd/go/internal/list.
	// Here: testLog and packageOf in server.go, MainTests in suite/main.go and its tests:
	// nothing would be cached, and the listed tests would not be compared with those of the
	// binary.
	MainFile = "_testmain.go"

	// MainTests, MainFuzzTargets and MainExamples are the variables in MainFile whose
	// elements begin with the names of what m.Run runs, in order.
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

	// builtSuffix follows the path of the tested package in the path of the main package,
	// in the build information of a test binary.
	//
	// Go: cmd/go/internal/load, TestPackagesAndErrors; since Go 1.24.
	// Here: packageOf in server.go: no binary would be split or have its own durations.
	builtSuffix = ".test"

	// testLogName is the file beside the binary in which the go command finds what the
	// tests have read. If the file exists, the result is cached, although the go command
	// itself does not request the file with -exec.
	//
	// Go: cmd/go/internal/test, runTestActor.Act and runCache.saveOutput.
	// Here: testLog in server.go: nothing would be cached.
	testLogName = "testlog.txt"
	LogFlag     = FlagPrefix + "testlogfile="

	// logTitle is the first line of that file. logChdir begins a line with the folder that
	// the names below it are relative to.
	//
	// Go: testing/internal/testdeps; cmd/go/internal/test, computeTestInputsID.
	// Here: joinLogs in parts.go: a stale result could be taken for a new one.
	logTitle = "# test log\n"
	logChdir = "chdir "
)

// What the go command prints about a package, and package testing about all tests.
const (
	// ResultOK and ResultFail begin the last line about a package. After the package's
	// path there is a tab and the time. The event of a failure needs a marker before it.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; golang/go#37555 about the marker.
	// Here: Converter.Finish in test2json.go, and stream/rewrite.go, which subtracts the
	// wait for a worker.
	ResultOK   = "ok  \t"
	ResultFail = "FAIL\t"

	// noTestsNote ends that line, after the coverage, if the output has noTestsWarning.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; testing, M.Run.
	// Here: Converter.Finish in test2json.go, and text/output.go, which writes the
	// warning once for all processes of a binary.
	noTestsNote    = " [no tests to run]"
	noTestsWarning = "testing: warning: no tests to run\n"

	// coverageWord begins the line at the end of a test binary with the percentage that
	// its tests cover. The result line repeats it.
	//
	// Go: internal/coverage/cformat, EmitPercent; cmd/go/internal/test, coveragePercentage.
	// Here: Converter.Finish in test2json.go, isCoverage in text/output.go.
	coverageWord = "coverage: "

	// exitStatus is printed for a process that failed without output.
	//
	// Go: cmd/go/internal/test, runTestActor.Act; os, ProcessState.String.
	// Here: Converter.Finish in test2json.go.
	exitStatus = "exit status %d\n"

	// BuildFailed and SetupFailed replace the time, after a space, if there is no test
	// binary: it did not compile, or could not be loaded.
	//
	// Go: cmd/go/internal/test, runTestActor.Act and runTest (reportSetupFailed).
	// Here: builtBadly in reports/annotations.go and repeats in merge/stream.go: compiler
	// errors would be shown twice.
	BuildFailed = " [build failed]"
	SetupFailed = " [setup failed]"
)

// Facts without a constant here. Each has a name for the test. Words that are read by
// packages below this one are in those packages.
const (
	// The go command starts the hook in the package's folder, with PWD set to it, empty
	// input, one pipe for both outputs and its own environment.
	//
	// Go: cmd/go/internal/test, runTestActor.Act.
	// Here: runHook in early/hook.go, startProcess in pool/supervise.go.
	_ = "the hook's place"

	// The words of -exec are split at spaces outside quotes, and come before the binary.
	//
	// Go: cmd/internal/quoted, Split; cmd/go/internal/work, FindExecCmd. Here: quoted.go,
	// HookCommand in env.go; TestSplitQuotedIsTheGoCommands covers all quotes.
	_ = "the words of -exec"

	// Packages that are named first start first. A package that a later pattern matches
	// again does not start again.
	//
	// Go: cmd/go/internal/test, runTest; cmd/go/internal/load.
	// Here: HookedCommand in args.go: the longest package would not start first, or would
	// run twice.
	_ = "the order of packages"

	// Without -timeout the timeout is ten minutes.
	//
	// Go: cmd/go/internal/test, testTimeout.
	// Here: DefaultTimeout in env.go, because the go command itself gets no timeout.
	_ = "the default timeout"

	// All flags that go help lists are known here, so that their values are not taken for
	// packages.
	//
	// Go: cmd/go/internal/test, init in testflag.go; cmd/go/internal/work, AddBuildFlags.
	// Here: withValue and withoutValue in args.go: add a new flag there, and decide in
	// selection.go whether it prevents a split.
	_ = "the flags of go test"

	// All flags of package testing are known here, including whether they need a value.
	//
	// Go: testing, Init; testing/internal/testdeps.
	// Here: withValue and withoutValue in args.go, binaryBools and wholeFlags in
	// selection.go: an unknown flag prevents a split, and a new flag that measures must
	// prevent it too.
	_ = "the flags of a test binary"

	// With FramedV this byte comes before each line that names the test of the following
	// lines.
	//
	// Go: testing, marker; cmd/internal/test2json, handleInputLine.
	// Here: framing/framing.go, text/framing.go: without it, no package can be split.
	_ = "framing.Marker"

	// The lines after a marker are === RUN, PAUSE, CONT, NAME, ATTR and ARTIFACTS, ---
	// PASS, FAIL and SKIP, with the test's name, and PASS or FAIL alone at the end.
	//
	// Go: testing, chattyPrinter.Updatef and T.report; cmd/internal/test2json, updates
	// and reports. Here: framing/framing.go, observe/testlines.go, observe/handler.go.
	_ = "framing.Parse"

	// Since Go 1.27, ^O and ^N enclose what a test reports as an error.
	//
	// Go: testing, common.log.
	// Here: MarksErrors in marks.go, text/errors.go: other bytes would be shown.
	_ = "framing.ErrorBegin"

	// test2json does not parse longer lines.
	//
	// Go: cmd/internal/test2json, inBuffer.
	// Here: framing/framing.go, stream/hidden.go.
	_ = "framing.MaxLine"

	// The keys of an event are known here. Those of a test's output have the order Time,
	// Action, Package, Test, Output, OutputType.
	//
	// Go: cmd/internal/test2json, event.
	// Here: event in stream/event.go, which keeps unknown keys, and goesOn in
	// stream/joined.go, which does not join lines with another order.
	_ = "the keys of an event"

	// The actions of events are known here.
	//
	// Go: cmd/internal/test2json, updates; cmd/go/internal/load, JSON build events.
	// Here: header.counts in stream/rewrite.go, format/ci; testjson takes an unknown action
	// of a test for its end.
	_ = "the actions of events"

	// Each package has one start event, and one pass, fail or skip event at its end.
	//
	// Go: cmd/internal/test2json, NewConverter and Close.
	// Here: stream/merge.go and stream/ends.go.
	_ = "start and end"

	// Build output is in build-output events, identified by ImportPath, with a build-fail
	// at the end. FailedBuild of the package's fail event refers to it.
	//
	// Go: cmd/go/internal/load and work/shell.go; since Go 1.24.
	// Here: observe/buildnotes.go and merge/stream.go, for annotations and reports.
	_ = "build events"

	// "(cached)" replaces the time if a result comes from the cache. No hook starts then.
	//
	// Go: cmd/go/internal/test, runCache.tryCacheWithID.
	// Here: withoutWait in stream/rewrite.go; testjson recognizes cached packages by it.
	_ = "(cached)"

	// A package without test files has a line that begins with ?, and is skipped.
	//
	// Go: cmd/go/internal/test, runTestActor.Act. Here: suite.List, which lists no test
	// for it; testjson recognizes empty packages by it.
	_ = "[no test files]"

	// The line of coverageWord continues with "% of statements", or with [no statements] if
	// there is nothing to cover.
	//
	// Go: internal/coverage/cformat, EmitPercent.
	// Here: isCoverage in text/output.go, percent in coverage/profile.go,
	// observe/coverage.go.
	_ = "the percentage"

	// A coverage profile begins with its mode, and each line ends with the statements and the count.
	//
	// Go: internal/coverage/cformat, EmitTextual.
	// Here: coverage/join.go.
	_ = "the profile"

	// m.Run prints the seed in a separate line before all tests.
	//
	// Go: testing, M.Run.
	// Here: isShuffle in text/output.go.
	_ = "-test.shuffle"

	// "panic: " begins the line of a panic, "panic: test timed out after " that of -timeout,
	// and "goroutine " each trace, after a blank line.
	//
	// Go: runtime, printpanics; testing, M.startAlarm.
	// Here: observe/testlines.go, text/words.go, source/place.go, stream/rewrite.go
	// (timedOut).
	_ = "panic:"

	// *** Test killed and *** Test I/O incomplete are printed for a process that does not
	// end by itself within its -timeout plus a minute or a tenth.
	//
	// Go: cmd/go/internal/test, runTestActor.Act and runTest. Here: limits and explain in
	// pool/supervise.go, which print the same.
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

	// go list -e -find -json=FIELDS also lists packages that do not load, with an Error.
	//
	// Go: cmd/go/internal/list.
	// Here: ListCommand in args.go, goList in suite/list.go: no package would be split.
	_ = "go list"

	// go tool -n test2json prints the path of the program.
	//
	// Go: cmd/go/internal/tool.
	// Here: Test2JSON in test2json.go, for processes that the go command does not start.
	_ = "go tool test2json"
)
