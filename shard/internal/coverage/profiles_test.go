package coverage

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMerge(t *testing.T) {
	tests := map[string]struct {
		files []string // the first is the user's
		want  string
		err   string
	}{
		"set": {
			files: []string{"mode: set\nm/a.go:1.1,2.2 1 0\nm/a.go:3.1,4.2 2 1\n", "mode: set\nm/a.go:1.1,2.2 1 1\nm/a.go:3.1,4.2 2 0\n"},
			want:  "mode: set\nm/a.go:1.1,2.2 1 1\nm/a.go:3.1,4.2 2 1\n",
		},
		"count, another file and another block": {
			files: []string{
				"mode: count\nm/a.go:1.1,2.2 1 2\n",
				"mode: count\nm/a.go:1.1,2.2 1 3\nm/a.go:9.1,9.2 1 1\n",
				"mode: count\nm/b.go:1.1,2.2 1 1\nm/a.go:1.1,2.2 1 1\n",
			},
			want: "mode: count\nm/a.go:1.1,2.2 1 6\nm/a.go:9.1,9.2 1 1\nm/b.go:1.1,2.2 1 1\n",
		},
		"a process that crashed left none": {
			files: []string{"mode: atomic\nm/a.go:1.1,2.2 1 2\n", "", "missing"},
			want:  "mode: atomic\nm/a.go:1.1,2.2 1 2\n",
		},
		"not a profile": {
			files: []string{"mode: set\nm/a.go:1.1,2.2 1 0\n", "what\n"},
			want:  "mode: set\nm/a.go:1.1,2.2 1 0\n",
			err:   "bad mode line: what",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var names []string
			for i, content := range test.files {
				name := filepath.Join(dir, string(rune('a'+i)))
				names = append(names, name)
				if content == "missing" {
					continue
				}
				if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := Merge(names[0], names[1:])
			if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
				t.Errorf("error %v, want %q", err, test.err)
			}
			got, err := os.ReadFile(names[0])
			if err != nil || string(got) != test.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}
