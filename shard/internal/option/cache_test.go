package option

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseCache(t *testing.T) {
	for _, c := range []struct{ args, command, want string }{
		{"prepare", "prepare", ""}, {"prepare DIR", "prepare", ""}, {"explain ./a ./b", "explain", ""}, {"trim --max 2G", "trim", ""},
		{"", "", ErrHelp.Error()}, {"help", "", ErrHelp.Error()}, {"--help", "", ErrHelp.Error()}, {"-h", "", ErrHelp.Error()},
		{"prepare --help", "prepare", ErrHelp.Error()}, {"trim -h", "trim", ErrHelp.Error()},
		{"prepar", "", "unknown command: gotestshard cache prepar; did you mean prepare? gotestshard cache --help lists the commands"},
		{"--max 2G trim", "", "unknown flag: --max; gotestshard cache --help lists the commands, which come before their flags"},
		{"trim --mxa 2G", "trim", "unknown flag: --mxa; did you mean --max? gotestshard cache trim --help lists the flags"},
		{"trim --max 2X", "trim", `"2X" is not a size; write a number with a unit, such as 2G or 500M`},
	} {
		asked, err := ParseCache(strings.Fields(c.args), Call{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.args, err, c.want)
		}
		if asked.Command != c.command {
			t.Errorf("%s is the command %q", c.args, asked.Command)
		}
		if errors.Is(err, ErrHelp) {
			var help strings.Builder
			if err := asked.WriteHelp(&help); err != nil || !strings.Contains(help.String(), "gotestshard cache "+c.command) {
				t.Errorf("%s: %q, %v", c.args, help.String(), err)
			}
		}
	}
	asked, err := ParseCache(strings.Fields("trim --max 2G x"), Call{})
	if err != nil || asked.Max != 2<<30 || !slices.Equal(asked.Args, []string{"x"}) {
		t.Errorf("%+v, %v", asked, err)
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "512B": 512, "1K": 1 << 10, "500M": 500 << 20, "2G": 2 << 30, "2g": 2 << 30, "2GB": 2 << 30, "2GiB": 2 << 30, "1.5G": 3 << 29, "3T": 3 << 40, "7B": 7,
		"": -1, "2": -1, "1e3": -1, "G": -1, "-1G": -1, "2X": -1, "2KM": -1, "2GG": -1, "NaN": -1, "inf": -1, "1e30G": -1, "9999999T": -1, "2 G": -1, "i": -1, "2iG": -1,
	} {
		got := Bytes(-1)
		if err := got.Set(text); (err == nil) != (want >= 0) || got != Bytes(want) {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
			continue
		}
		if again := Bytes(0); want >= 0 && (again.Set(got.String()) != nil || again != got) {
			t.Errorf("%q is printed as %s", text, &got)
		}
	}
}
