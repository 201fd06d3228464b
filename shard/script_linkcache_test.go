package shard

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// keptNote is what a program of --link-cache has at its end.
var keptNote = regexp.MustCompile(`\{"size":(\d+),"sha256":"([0-9a-f]{64})"`)

// cmdRewrite replaces a text of the only program in a folder of --link-cache by one of the same
// length. With -damage, its checksum stays that of the program before:
// rewrite [-damage] FOLDER OLD NEW
func cmdRewrite(ts *testscript.TestScript, neg bool, args []string) {
	damage := len(args) == 4 && args[0] == "-damage"
	if damage {
		args = args[1:]
	}
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: rewrite [-damage] FOLDER OLD NEW")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.link"))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("%d programs in %s", len(files), args[0])
	}
	text, err := os.ReadFile(files[0])
	ts.Check(err)
	note := keptNote.FindAllSubmatchIndex(text, -1)
	if len(note) == 0 || !bytes.Contains(text, []byte(args[1])) {
		ts.Fatalf("the program has no note, or not the text %q", args[1])
	}
	at := note[len(note)-1]
	text = slices.Concat(bytes.ReplaceAll(text[:at[0]], []byte(args[1]), []byte(args[2])), text[at[0]:])
	if !damage {
		copy(text[at[4]:at[5]], fmt.Sprintf("%x", sha256.Sum256(text[:at[0]])))
	}
	ts.Check(os.WriteFile(files[0], text, 0o600))
}
