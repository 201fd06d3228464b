package source

import (
	"os"
	"path/filepath"
	"strings"
)

// Module is the path of the module around the folder of the go command, empty for none.
func (t *Tree) Module() string { return t.module }

// Checkout returns what git has checked out in the repository, and the address of its remote
// "origin". What it cannot find out is empty. It reads git's files instead of starting git,
// which may be missing and may wait for a lock or a network.
func (t *Tree) Checkout() (commit, branch, remote string) {
	dir := filepath.Join(t.root, ".git")
	if link, ok := strings.CutPrefix(firstLine(dir), "gitdir: "); ok { // an additional work tree or a submodule
		dir = absolute(t.root, link)
	}
	common := dir
	if shared := firstLine(filepath.Join(dir, "commondir")); shared != "" {
		common = absolute(dir, shared)
	}
	commit = firstLine(filepath.Join(dir, "HEAD"))
	if ref, ok := strings.CutPrefix(commit, "ref: "); ok {
		branch, _ = strings.CutPrefix(ref, "refs/heads/")
		commit = ""
		if filepath.IsLocal(filepath.FromSlash(ref)) {
			commit = firstLine(filepath.Join(common, filepath.FromSlash(ref)))
		}
		if commit == "" {
			commit = packed(common, ref)
		}
	}
	if !isCommit(commit) {
		commit = ""
	}
	return commit, branch, remoteOf(common)
}

func absolute(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// firstLine returns the first line of a file, empty if it cannot be read.
func firstLine(name string) string {
	text, _ := os.ReadFile(name)
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// packed returns the commit of a ref that has no file of its own.
func packed(dir, ref string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "packed-refs"))
	for line := range strings.Lines(string(text)) {
		if commit, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == ref {
			return commit
		}
	}
	return ""
}

// isCommit reports whether a text is the hash of a commit (SHA-1 or SHA-256).
func isCommit(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

// remoteOf returns the address of the remote "origin" of a repository's configuration.
func remoteOf(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "config"))
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if ok && section == `[remote "origin"]` && strings.TrimSpace(key) == "url" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
