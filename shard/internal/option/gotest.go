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

	RawCommand               bool
	IgnoreNonJSONOutputLines bool
	MaxFails                 int // end the run after so many failures, 0 for never
}
