package option

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/shlex"
)

func TestSplitCommand(t *testing.T) {
	for text, want := range map[string]struct{ unix, windows []string }{
		`go test -run=TestO\w+ .\pkg\...`: {
			unix:    []string{"go", "test", "-run=TestOw+", ".pkg..."},
			windows: []string{"go", "test", `-run=TestO\w+`, `.\pkg\...`},
		},
		`C:\tools\start.bat "C:\my files\a b" C:\`: {
			windows: []string{`C:\tools\start.bat`, `C:\my files\a b`, `C:\`},
		},
		`\\server\share\run a\ b`: {
			unix:    []string{`\serversharerun`, "a b"},
			windows: []string{`\\server\share\run`, `a\`, "b"},
		},
		`say \"a\" \'b\' "c \"d\" \\e" 'f\g'`: {
			unix:    []string{"say", `"a"`, "'b'", `c "d" \e`, `f\g`},
			windows: []string{"say", `"a"`, "'b'", `c "d" \\e`, `f\g`},
		},
		`run 'C:\my tools\' "x y" # a comment`: {
			unix:    []string{"run", `C:\my tools\`, "x y"},
			windows: []string{"run", `C:\my tools\`, "x y"},
		},
		`run "C:\my tools\"`: {}, // the quote is escaped, so one is missing
		`"C:\tools`:          {},
		`C:\tools\'`:         {unix: []string{"C:tools'"}, windows: []string{`C:\tools'`}},
	} {
		for goos, want := range map[string][]string{"linux": want.unix, "darwin": want.unix, "windows": want.windows} {
			got, err := splitCommand(goos, text)
			if want == nil && err == nil || want != nil && (err != nil || !slices.Equal(got, want)) {
				t.Errorf("%s on %s: %q, %v, want %q", text, goos, got, err, want)
			}
		}
	}
}

// FuzzSplitCommand checks that only a backslash is another thing on Windows.
func FuzzSplitCommand(f *testing.F) {
	for _, text := range []string{`a 'b c' "d\"e" \f`, `\`, `'\'`, `"\`, `# \`, "a\\\nb", "\xff \\é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") || !utf8.ValidString(text) {
			return // no argument holds a zero byte
		}
		got, err := splitCommand("windows", text)
		if !strings.Contains(text, `\`) {
			want, errWant := shlex.Split(text)
			if !slices.Equal(got, want) || (err == nil) != (errWant == nil) {
				t.Errorf("%q: %q, %v, and elsewhere %q, %v", text, got, err, want, errWant)
			}
		}
		if strings.ContainsAny(text, `'"#`) {
			return
		}
		// Without quotes words end at white space, and nothing is lost.
		white := func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }
		if want := strings.FieldsFunc(text, white); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	})
}
