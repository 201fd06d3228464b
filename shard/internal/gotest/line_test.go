package gotest

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	if got, want := Line("gotestshard", "--setup", "make it's", "-n=2"), `gotestshard --setup 'make it'\''s' -n=2`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzShellWord makes the shell read the words written for it.
func FuzzShellWord(f *testing.F) {
	if runtime.GOOS == "windows" {
		f.Skip("there is no sh")
	}
	for _, word := range []string{"", "a", "-run=^(A|B)$", "it's", `"`, `\`, "a b\nc", "$HOME", "`x`", "~", "#", "=", "!", "{a,b}", "Ä", "é\u00a0", "\x80"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "\x00") {
			return // no argument can contain it
		}
		written := shellWord(word)
		out, err := exec.Command("sh", "-c", "printf %s. "+written).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q as %s is %q, %v", word, written, out, err)
		}
	})
}
