package gotest

import (
	"debug/buildinfo"
	"go/version"
	"strings"
)

// MarksErrors reports whether a test binary marks the beginning and end of errors in its
// output and escapes what it logs: it was built by Go 1.27 or later. It is false for a file
// that cannot be read.
func MarksErrors(binary string) bool {
	info, err := buildinfo.ReadFile(binary)
	return err == nil && marksErrors(info.GoVersion)
}

// marksErrors is MarksErrors for a Go version, such as "go1.27.1 X:jsonv2" or
// "devel go1.28-ab12cd34 Mon Jan 2".
func marksErrors(goVersion string) bool {
	for word := range strings.FieldsSeq(goVersion) {
		if version.IsValid(word) {
			return version.Compare(word, "go1.27") >= 0
		}
	}
	return false
}
