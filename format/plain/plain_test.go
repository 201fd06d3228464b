package plain

import "testing"

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"plain":                    "plain",
		"a\x1b[31mred\x1b[0m b":    "ared b",
		"a \x1b lone, \x1b[1mbold": "a \x1b lone, bold",
		"\x1b]8;;http://x\x07link\x1b]8;;\x1b\\.": "link.",
		"\x1b]8;;without an end":                  "\x1b]8;;without an end",
		"an end \x1b":                             "an end \x1b",
		"\x1b[\x1b[1m\x1b":                        "\x1b[\x1b",
	} {
		if got := string(Bytes([]byte(text))); got != want || Text(text) != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestColored(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"a\tb\r\nc\b\a é 世界 \u00a0":          "a\tb\r\nc\b\a é 世界 \u00a0",
		"\x1b[31mred\x1b[0;1;38:5:3m \x1b[m": "\x1b[31mred\x1b[0;1;38:5:3m \x1b[m",
		"a\x1b[2Jb\x1b[10;20Hc\x1b[?1049hd":  "abcd",
		"a\x1b]0;title\x07b\x1b]8;;x\x1b\\c\x1bPq\x1b\\d": "abcd",
		"a\x1b7b\x1b(0c\x1bcd\x1bMe":                      "abcde",
		"a\x1b]0;no end\nnext\x07":                        "a]0;no end\nnext\a",
		"a\x0e\x0f\x05\v\f\x7f\u009b2J\u0085b":            "a2Jb",
		"\xc2":                                            "\xc2",
		"\xff\x1b":                                        "\xff",
		"\x1b\x1b[2Ja":                                    "a",
		"\x1b[31":                                         "[31",
	} {
		before := text
		if got := string(Colored([]byte(text))); got != want || text != before {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCharacters(t *testing.T) {
	const text = "a\tb\n\x00\x1b[1m\x7f\u009b\u2028é\u00ad\xff"
	if got, want := Line(text), "a b\uFFFD\uFFFD\uFFFD[1m\uFFFD\uFFFD\uFFFDé\uFFFD\uFFFD"; got != want {
		t.Errorf("a line: %q, want %q", got, want)
	}
	if got, want := Lines(text, "\n\t"), "a\tb\n\uFFFD\uFFFD[1m\uFFFD\uFFFD\uFFFDé\uFFFD\uFFFD"; got != want {
		t.Errorf("lines: %q, want %q", got, want)
	}
	pictures := ""
	for _, r := range text {
		pictures += string(Picture(r))
	}
	if want := "a␉b␊␀␛[1m␡\uFFFD\uFFFDé\u00ad\uFFFD"; pictures != want {
		t.Errorf("pictures: %q, want %q", pictures, want)
	}
}

func TestColumns(t *testing.T) {
	got := Columns([][]string{{"name", "n", "when"}, {"é", "100", "10:00"}}, func(column int) bool { return column != 1 })
	if want := "name    n  when\né     100  10:00\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
