package ci

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestNeutral(t *testing.T) {
	for line, want := range map[string]string{
		"":                                    "",
		"ok  \tp 0.1s: fine":                  "ok  \tp 0.1s: fine",
		"a::b ::error::c":                     "a::b ::error::c",
		"::error file=x::y":                   ": :error file=x::y",
		" \t::error::y":                       " \t: :error::y",
		"\u00a0\u2003\u3000::error::y":        "\u00a0\u2003\u3000: :error::y",
		"\ufeff::error::y":                    "\ufeff: :error::y",
		":\u200b:error::y":                    ": \u200b:error::y",
		"\u200b \u00ad::error::y":             "\u200b \u00ad: :error::y",
		"\x1b[31m::error::y":                  "\x1b[31m: :error::y",
		":\ufe0f:error::y":                    ": \ufe0f:error::y", // a combining mark
		":\u115f:error::y":                    ": \u115f:error::y", // an invisible letter
		":::error::y":                         ": ::error::y",
		"##[error]y":                          "# #[error]y",
		"in the middle ##[group]y":            "in the middle # #[group]y",
		"###[group]##[x]":                     "## #[group]# #[x]",
		"#\u200d#\u2060[group]":               "# \u200d#\u2060[group]",
		"##teamcity[testFailed]":              "# #teamcity[testFailed]",
		"##vso[task.setvariable x]":           "# #vso[task.setvariable x]",
		"## Heading [x]":                      "## Heading [x]",
		"#1 ## ##":                            "#1 ## ##",
		"\x1b[0Ksection_start:1:a\x1b[0Kb":    "␛[0Ksection_start:1:a␛[0Kb",
		"\x1b[1;31mred\x1b[0m \x1b]8;;x\x07y": "\x1b[1;31mred\x1b[0m ␛]8;;x␇y",
		"\x00a\x7f\x08\u0085\u2028\u009b1m":   "␀a␡␈\ufffd\ufffd\ufffd1m",
		"bad \xff\xfe utf8 \xc0\xba\xc0\xba":  "bad \ufffd\ufffd utf8 \ufffd\ufffd\ufffd\ufffd",
		"--- FAIL: TestX (0.00s)":             "--- FAIL: TestX (0.00s)",
	} {
		if got := neutral(GitHub, line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	if got, want := neutral(GitLab, "a section_start:1:a section_end:"), "a section _start:1:a section _end:"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for line, want := range map[string]string{
		"--- FAIL: TestX (0.00s)": " --- FAIL: TestX (0.00s)",
		"+++ x":                   " +++ x",
		"~~~ x":                   " ~~~ x",
		"^^^ +++":                 " ^^^ +++",
		"\x1b[31m--- x":           " \x1b[31m--- x",
		"-- x":                    "-- x",
		" --- x":                  " --- x",
	} {
		if got := neutral(Buildkite, line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// Text that is not a command stays unchanged.
func TestOrdinaryTextStays(t *testing.T) {
	text := "=== RUN   TestA\n    a_test.go:3: got 1,\n\twant \x1b[31m2\x1b[0m ✓ (0.1s)\n\n{\"a\": \"b::c\"}\nhttp://x::y\n"
	for _, p := range providers {
		var out bytes.Buffer
		log := NewLog(p, &out, io.Discard)
		_, _ = io.WriteString(log.Stdout(), text)
		if err := log.Close(); err != nil || out.String() != text {
			t.Errorf("%s: got %v, %q", p, err, out.String())
		}
	}
}

// cutColours has the same result as if it read the whole text.
func TestCutColours(t *testing.T) {
	const limit = 100
	for name, text := range map[string]string{
		"short": "\x1b[31mred\x1b[0m", "at the limit": strings.Repeat("x", limit), "long": strings.Repeat("é", limit),
		"very long": strings.Repeat("\x1b[31mäx\x1b[0m\n", 20*limit),
	} {
		if got, want := cutColours(text, limit), cut(withoutColours(text), limit); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := cutColours(strings.Repeat("\x1b[31m", limit), limit); !strings.HasSuffix(got, "(cut)") {
		t.Errorf("of colours only: got %q, want it to end in (cut)", got)
	}
}
