package option

// GoTest is the command that prints the events of the tests, and how it is taken.
type GoTest struct {
	// Args are go test's own arguments, or with RawCommand a whole command.
	Args []string
	// Packages replace ./... when Args name no packages; see gotestsum's
	// --packages and TEST_DIRECTORY.
	Packages []string
	// Dir is where the go command runs, empty for the working directory.
	Dir string

	// Narrow returns the arguments with which a package's test binary runs only some of its
	// tests, from those with which it would run all of them; nil for no change. Only
	// workers obey it.
	Narrow func(pkg string, args []string) []string

	// Repeat is not nil if the workers run each test binary again and again.
	Repeat Repeater

	RawCommand               bool
	IgnoreNonJSONOutputLines bool
	MaxFails                 int // end the run after so many failures, 0 for never
	// NoTests is what happens if a run has no test at all: NoTestsWarn, NoTestsFail or
	// NoTestsPass.
	NoTests string
}

// The values of GoTest.NoTests.
const (
	NoTestsWarn = "warn"
	NoTestsFail = "fail"
	NoTestsPass = "pass"
)

func (g *GoTest) flags() []flag {
	return []flag{
		{name: "no-tests", plain: NoTestsPass, task: taskFailures, example: `"fail"`, to: choice(&g.NoTests, "what", NoTestsWarn, NoTestsFail, NoTestsPass), merge: true,
			help: "what to do if no test ran at all: warn (the default with -n or --shard), fail, or pass (the default otherwise)"},
		{name: "raw-command", to: &g.RawCommand, upstream: true, help: "don't prepend 'go test -json' to the 'go test' command"},
		{name: "ignore-non-json-output-lines", to: &g.IgnoreNonJSONOutputLines, upstream: true,
			help: "write non-JSON 'go test' output lines to stderr instead of failing"},
		{name: "max-fails", task: taskFailures, example: `10`, to: &g.MaxFails, upstream: true, help: "end the test run after this number of failures"},
		{name: "packages", to: (*fieldsValue)(&g.Packages), upstream: true, help: "space separated list of package to test"},
	}
}

// settleNoTests finds out what happens without tests. A plain run ends as gotestsum's does.
func (g *GoTest) settleNoTests(distributed bool) {
	switch {
	case g.NoTests != "":
	case distributed:
		g.NoTests = NoTestsWarn
	default:
		g.NoTests = NoTestsPass
	}
}
