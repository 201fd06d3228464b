package option

import (
	"runtime"
	"strings"

	"github.com/google/shlex"
)

// commandValue is a command, split into words as a shell does.
type commandValue []string

func (v *commandValue) String() string { return strings.Join(*v, " ") }
func (v *commandValue) Type() string   { return "command" }

func (v *commandValue) Set(text string) (err error) {
	*v, err = splitCommand(runtime.GOOS, text)
	return err
}

// isShellSyntax reports whether a word is what only a shell understands.
func isShellSyntax(word string) bool {
	switch word {
	case "|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1":
		return true
	}
	return len(word) > 1 && strings.HasSuffix(word, ";")
}

// splitCommand splits a command into words as gotestsum does: as a shell, without
// variables. There a backslash takes the meaning of the character behind it away. On
// Windows, where it stands between the folders of a path, it does so only for a
// quote, and is itself before anything else.
func splitCommand(goos, text string) ([]string, error) {
	if goos != "windows" {
		return shlex.Split(text)
	}
	const backslash = "\x00" // stands for one: no argument of a process has a zero byte in it
	var marked strings.Builder
	for i := range len(text) {
		if text[i] == '\\' && !strings.HasPrefix(text[i+1:], "'") && !strings.HasPrefix(text[i+1:], `"`) {
			marked.WriteString(backslash)
			continue
		}
		marked.WriteByte(text[i])
	}
	words, err := shlex.Split(marked.String())
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, backslash, `\`)
	}
	return words, err
}
