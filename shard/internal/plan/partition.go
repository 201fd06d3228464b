package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Part is what one of several CI nodes runs. Its JSON form is what the digest is
// made of and what a result file carries.
type Part struct {
	Packages []PartPackage // sorted by name; empty when there is less to run than there are parts
	Expected time.Duration // of one worker for all of it, in nanoseconds; 0 without history
}

// PartPackage is what a part runs of one package.
type PartPackage struct {
	Name string // import path
	// Tests are the selected top-level tests of the part, in the order of the
	// package. They are empty for a package whose tests are not known, or that has none.
	Tests []string
	// Whole is whether the part has all of the package, and runs it as one binary
	// that nobody else runs.
	Whole bool
	// Rest is whether the part also runs the tests that the source does not show:
	// of all parts that have something of a package, one does. It is true for a
	// whole package.
	Rest bool
}

// Digest is what the same plan has on every node: a SHA-256 of all parts, in
// hexadecimal.
func Digest(parts []Part) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // there is nothing in it that cannot be marshalled
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
