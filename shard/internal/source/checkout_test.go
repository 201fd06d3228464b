package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckout(t *testing.T) {
	a, b := strings.Repeat("a1", 20), strings.Repeat("b2", 20)
	config := "[core]\n\tbare = false\n[remote \"other\"]\n\turl = no\n[remote \"origin\"]\n\turl = git@example.com:o/r.git\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  [3]string
	}{
		{"a branch", map[string]string{".git/HEAD": "ref: refs/heads/my/branch\n", ".git/refs/heads/my/branch": a + "\n", ".git/config": config}, [3]string{a, "my/branch", "git@example.com:o/r.git"}},
		{"a packed branch", map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack\n" + a + " refs/heads/main2\n" + b + " refs/heads/main\n^" + a + "\n"}, [3]string{b, "main", ""}},
		{"a commit", map[string]string{".git/HEAD": b + "\n"}, [3]string{b, "", ""}},
		{"another work tree", map[string]string{
			".git": "gitdir: x/worktrees/w\n", "x/worktrees/w/HEAD": "ref: refs/heads/w\n", "x/worktrees/w/commondir": "../..\n", "x/refs/heads/w": a + "\n", "x/config": config,
		}, [3]string{a, "w", "git@example.com:o/r.git"}},
		{"no commit yet", map[string]string{".git/HEAD": "ref: refs/heads/main\n"}, [3]string{"", "main", ""}},
		{"a hostile HEAD", map[string]string{".git/HEAD": "ref: refs/heads/../../../secret\n", "secret": "word\n"}, [3]string{"", "../../../secret", ""}},
		{"not a repository", map[string]string{"x": ""}, [3]string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				file := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tree := &Tree{root: dir}
			commit, branch, remote := tree.Checkout()
			if got := [3]string{commit, branch, remote}; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
