package gotest

import (
	"slices"
	"strings"
)

// Repro returns a go test command that runs what a test binary of pkg ran with binaryArgs,
// in one process and in the same order. args are the arguments of the command that started
// it.
func Repro(args Args, pkg string, binaryArgs []string) []string {
	command := []string{"go", "test"}
	if dir, ok := args.Lookup("C"); ok {
		command = append(command, "-C="+dir)
	}
	args = args.Without("C", "json", "run", "skip", "shuffle", "p", "coverprofile")
	for _, name := range []string{"run", "skip", "shuffle"} {
		flag := FlagPrefix + name + "="
		if i := slices.IndexFunc(binaryArgs, func(arg string) bool { return strings.HasPrefix(arg, flag) }); i >= 0 {
			command = append(command, "-"+name+"="+strings.TrimPrefix(binaryArgs[i], flag))
		}
	}
	packages, _ := args.layout()
	command = append(command, pkg) // after a flag that the go command does not know there are no packages
	for i, arg := range args {
		if !slices.Contains(packages, i) {
			command = append(command, arg)
		}
	}
	for i, word := range command {
		command[i] = shellWord(word)
	}
	return command
}

// shellWord quotes a word so that a POSIX shell passes it on unchanged.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=./,:@%+", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
