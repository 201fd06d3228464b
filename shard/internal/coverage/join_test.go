package coverage

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/cover"
)

func TestJoin(t *testing.T) {
	const (
		one   = "example.com/m/a/a.go:3.14,5.2 2"
		two   = "example.com/m/a/a.go:7.14,9.2 3"
		three = "example.com/m/a/b.go:7.14,9.2 5"
	)
	for _, c := range []struct {
		name     string
		profiles []string // of the processes, "" for one without a profile
		want     string
		percent  string
		damaged  string // the line
	}{
		{"set", []string{"mode: set\n" + one + " 1\n" + two + " 0\n", "mode: set\n" + one + " 1\n" + two + " 0\n"},
			"mode: set\n" + one + " 1\n" + two + " 0\n", "40.0%", ""},
		{"set, by either", []string{"mode: set\n" + one + " 1\n" + two + " 0\n", "mode: set\n" + one + " 0\n" + two + " 1\n"},
			"mode: set\n" + one + " 1\n" + two + " 1\n", "100.0%", ""},
		{"count", []string{"mode: count\n" + one + " 3\n" + two + " 0\n", "mode: count\n" + one + " 4\n" + two + " 0\n"},
			"mode: count\n" + one + " 7\n" + two + " 0\n", "40.0%", ""},
		{"atomic, of three", []string{"mode: atomic\n" + one + " 3\n", "mode: atomic\n" + one + " 4\n", "mode: atomic\n" + one + " 1\n"},
			"mode: atomic\n" + one + " 8\n", "100.0%", ""},
		{"counts that are too large", []string{"mode: atomic\n" + one + " 4294967295\n", "mode: atomic\n" + one + " 4\n"},
			fmt.Sprintf("mode: atomic\n%s %d\n", one, uint32(math.MaxUint32)), "100.0%", ""},
		{"nothing covered", []string{"mode: set\n" + one + " 0\n"}, "mode: set\n" + one + " 0\n", "0.0%", ""},
		{"rounded as testing does", []string{"mode: set\n" + one + " 1\n" + two + " 1\n" + three + " 0\n" + "x.go:1.1,2.2 5 0\n"},
			"mode: set\n" + one + " 1\n" + two + " 1\n" + three + " 0\n" + "x.go:1.1,2.2 5 0\n", "33.3%", ""},
		{"a process that left none", []string{"", "mode: set\n" + one + " 1\n", ""}, "mode: set\n" + one + " 1\n", "100.0%", ""},
		{"code that only one of them lists", []string{"mode: set\n" + one + " 1\n", "mode: set\n" + two + " 0\n"},
			"mode: set\n" + one + " 1\n" + two + " 0\n", "40.0%", ""},
		{"no statements", []string{"mode: set\n", "mode: set\n"}, "mode: set\n", "[no statements]", ""},
		{"a name with blanks", []string{"mode: set\n/a b/c d.go:1.1,2.2 1 1\n", "mode: set\n/a b/c d.go:1.1,2.2 1 0\n"},
			"mode: set\n/a b/c d.go:1.1,2.2 1 1\n", "100.0%", ""},
		{"Windows' line ends", []string{"mode: set\r\n" + one + " 1\r\n", "mode: set\n" + one + " 0\n"}, "mode: set\n" + one + " 1\n", "100.0%", ""},
		{"none at all", []string{"", ""}, "", "", ""},

		{"cut off in the count", []string{"mode: set\n" + one + " 1\n" + two + " 1"}, "", "", two + " 1"},
		{"cut off before it", []string{"mode: set\n" + one + " 1\n", "mode: set\n" + one + "\n"}, "", "", one + "\n"},
		{"no mode", []string{one + " 1\n"}, "", "", one + " 1\n"},
		{"no mode in the second", []string{"mode: set\n" + one + " 1\n", one + " 1\n"}, "", "", one + " 1\n"},
		{"something else", []string{"<html>\n"}, "", "", "<html>\n"},
		{"a count below 0", []string{"mode: count\n" + one + " -1\n"}, "", "", one + " -1\n"},
		{"an empty line", []string{"mode: count\n\n"}, "", "", "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			profile := filepath.Join(dir, "joined")
			var names []string
			for i, content := range c.profiles {
				names = append(names, filepath.Join(dir, strconv.Itoa(i)))
				if content == "" {
					continue
				}
				if err := os.WriteFile(names[i], []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			percent, err := Join(profile, names)
			if c.damaged != "" {
				if want := fmt.Sprintf("the line %q is not a line of a coverage profile", c.damaged); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
				if _, err := os.Stat(profile); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("there is a profile: %v", err)
				}
				return
			}
			got, readErr := os.ReadFile(profile)
			if percent != c.percent || err != nil || string(got) != c.want || c.want != "" && readErr != nil {
				t.Errorf("%q, %v, %q, %v, want %q, %q", percent, err, got, readErr, c.percent, c.want)
			}
			if c.want == "" {
				return
			}
			if _, err := cover.ParseProfiles(profile); err != nil {
				t.Errorf("the parser returns %v", err)
			}
		})
	}
}
