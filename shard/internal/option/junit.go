package option

// JUnit is what the JUnit file is to be like.
type JUnit struct {
	File        string // its name, empty for none
	ProjectName string
	Style       string // JUnitGotestsum or JUnitSurefire
	// SuiteName and ClassName turn a package's import path into a name, nil for
	// the path itself.
	SuiteName, ClassName func(pkg string) string
	HideEmptyPackages    bool
	HideSkippedTests     bool
}

// The values of JUnit.Style.
const (
	JUnitGotestsum = "gotestsum"
	JUnitSurefire  = "surefire"
)
