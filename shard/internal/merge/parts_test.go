package merge

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/result"
)

func TestOtherAttempts(t *testing.T) {
	part := func(number, attempt int) partFile {
		return partFile{Header: result.Header{Part: number, Attempt: attempt}}
	}
	for name, test := range map[string]struct {
		parts []partFile
		want  []string
	}{
		"none":          {nil, nil},
		"all the same":  {[]partFile{part(1, 2), part(2, 2)}, nil},
		"not known":     {[]partFile{part(1, 0), part(2, 0)}, nil},
		"some earlier":  {[]partFile{part(1, 1), part(2, 3), part(3, 2)}, []string{"part 1 is of attempt 1, others are of attempt 3", "part 3 is of attempt 2, others are of attempt 3"}},
		"one not known": {[]partFile{part(1, 0), part(2, 1)}, nil},
	} {
		if got := otherAttempts(test.parts); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestLastAttempt(t *testing.T) {
	file := func(name string, attempt, started int) partFile {
		return partFile{name, result.Header{Part: 3, Attempt: attempt, Started: time.Unix(int64(started), 0)}}
	}
	const twice = "part 3 has several files: "
	for _, test := range []struct {
		name  string
		files []partFile
		last  string
		notes []string
	}{
		{"one", []partFile{file("a", 0, 1)}, "a", nil},
		{"the clock", []partFile{file("a", 0, 2), file("b", 0, 1)}, "a", []string{twice + "a ran last and is used, b is ignored"}},
		{"the attempt before the clock", []partFile{file("a", 1, 2), file("b", 2, 1)}, "b", []string{twice + "b ran last and is used, a is ignored"}},
		{"one without an attempt ran later", []partFile{file("a", 1, 1), file("b", 0, 2)}, "a", []string{
			twice + "a of attempt 1 of its job is used, b without an attempt is ignored",
		}},
		{"all of them", []partFile{file("a", 1, 1), file("b", 0, 3), file("c", 2, 2)}, "c", []string{
			twice + "c of attempt 2 of its job is used, b without an attempt is ignored",
			twice + "c ran last and is used, a is ignored",
		}},
	} {
		if last, notes := lastAttempt(test.files); last.name != test.last || !slices.Equal(notes, test.notes) {
			t.Errorf("%s: %s, %q", test.name, last.name, notes)
		}
	}
}

func TestFilesOfOtherRuns(t *testing.T) {
	for name, test := range map[string]struct {
		a, b result.Header
		want string // of the error
	}{
		"one run":     {result.Header{Part: 1, Parts: 2, Module: "m"}, result.Header{Part: 2, Parts: 2, Module: "m"}, ""},
		"two modules": {result.Header{Part: 1, Parts: 2, Module: "m"}, result.Header{Part: 2, Parts: 2}, "b.gotestshard is of the module (none), and a.gotestshard of m: "},
		"more parts":  {result.Header{Part: 1, Parts: 2}, result.Header{Part: 2, Parts: 3}, "b.gotestshard is part 2 of 3, and a.gotestshard is part 1 of 2: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, header := range map[string]result.Header{"a": test.a, "b": test.b} {
				header.RunID = name
				file, err := os.Create(filepath.Join(dir, name+result.Extension))
				if err != nil {
					t.Fatal(err)
				}
				w, err := result.NewWriter(file, header)
				if err != nil {
					t.Fatal(err)
				}
				_ = w.End(result.End{})
				_ = file.Close()
			}
			parts, _, err := openParts([]string{dir}, nil)
			switch {
			case test.want == "" && (err != nil || len(parts) != 2):
				t.Errorf("%v, %v", parts, err)
			case test.want != "" && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""), test.want)):
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
