package gotest

import (
	"debug/buildinfo"
	"go/version"
	"strings"
)

// MarksErrors is whether a test binary marks in its output where errors begin and end,
// and escapes what it logs: Go 1.27 or later has built it. Of a file that cannot be read,
// nothing is known.
func MarksErrors(binary string) bool {
	info, err := buildinfo.ReadFile(binary)
	return err == nil && marksErrors(info.GoVersion)
}

// marksErrors is MarksErrors for a version of Go, such as "go1.27.1 X:jsonv2" or
// "devel go1.28-ab12cd34 Mon Jan 2".
func marksErrors(goVersion string) bool {
	for word := range strings.FieldsSeq(goVersion) {
		if version.IsValid(word) {
			return version.Compare(word, "go1.27") >= 0
		}
	}
	return false
}
