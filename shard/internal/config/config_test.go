package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dump returns a table as lines: place, key, kind and text.
func dump(f *File, v *Value, indent string) string {
	var b strings.Builder
	for _, item := range v.Items {
		fmt.Fprintf(&b, "%s%s %s (%s) %s\n", indent, f.Place(item), item.Key, item.Kind, item.Text)
		b.WriteString(dump(f, item, indent+"  "))
	}
	return b.String()
}

// Every way to write a value gives it and its place. A byte order mark and lines that end
// with CRLF are allowed, and a comment at the end of a line is a comment.
func TestParse(t *testing.T) {
	text := "\xef\xbb\xbfworkers = \"auto\" # all of them\r\nmax-fails = 0x1_0\r\n" + `args = ["-race",
  '-run=#x'] # a comment
watch = true
d = 2027-01-31
x.y = 1.5

[profile.ci]
  inherits='a'
[[test]]
match="x"
[[test]]
match="y"
[group]
db = {a = 1, b.c = 2}
`
	want := `c.toml:1:1 workers (a text) auto
c.toml:2:1 max-fails (a whole number) 16
c.toml:3:1 args (a list) 
  c.toml:3:9  (a text) -race
  c.toml:4:3  (a text) -run=#x
c.toml:5:1 watch (true or false) true
c.toml:6:1 d (a date) 2027-01-31
c.toml:7:1 x (a table) 
  c.toml:7:3 y (a number or a time) 1.5
c.toml:9:2 profile (a table) 
  c.toml:9:10 ci (a table) 
    c.toml:10:3 inherits (a text) a
c.toml:11:3 test (a list) 
  c.toml:11:3  (a table) 
    c.toml:12:1 match (a text) x
  c.toml:13:3  (a table) 
    c.toml:14:1 match (a text) y
c.toml:15:2 group (a table) 
  c.toml:16:1 db (a table) 
    c.toml:16:7 a (a whole number) 1
    c.toml:16:14 b (a table) 
      c.toml:16:16 c (a whole number) 2
`
	f, err := Parse("c.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(f, &f.Root, ""); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := f.Errorf(f.Root.Get("watch"), "wrong: %w", os.ErrInvalid).Error(); got != "c.toml:5:1: wrong: invalid argument" {
		t.Error(got)
	}
	if texts, bad := f.Root.Get("args").Texts(); bad != nil || strings.Join(texts, " ") != "-race -run=#x" {
		t.Error(texts, bad)
	}
	if _, bad := f.Root.Get("test").Texts(); bad == nil || f.Place(bad) != "c.toml:11:3" {
		t.Error(bad)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\na = 2":           "c.toml:2:1: key a is already defined",
		"workers = auto":         "c.toml:1:11: ",
		"a = ":                   "c.toml:1:4: ",
		"\n[x\n":                 "c.toml:2:3: expected ']'",
		"b=[1,,2]":               "c.toml:1:6: ",
		"\xff\xfea\x00":          "c.toml:1:1: the file is in UTF-16; save it as UTF-8",
		"a=\"\xff\"":             "c.toml:1:4: invalid UTF-8",
		"[a]\n[a]":               "c.toml:2:2: table a already exists",
		"[[a]]\n[a]":             "c.toml:2:2: table a already exists",
		"a=1\n[a.b]":             "c.toml:2:2: key a already exists as a value",
		"dist = \"load\" extra":  "c.toml:1:15: ",
		"worker-env = A,B # two": "c.toml:1:14: ",
	} {
		if _, err := Parse("c.toml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{strings.Repeat("[a]\n", 10<<20/4), "a = {" + strings.Repeat("b = 1, ", 20_000) + "}"} {
		if _, err := Parse("c.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), "the file has more than 10000 keys") {
			t.Error(err)
		}
	}
	for _, text := range []string{"", "\xef\xbb\xbf", "# nothing\n", strings.Repeat("# a long file\n", 10<<20/14)} {
		if _, err := Parse("c.toml", []byte(text)); err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

// The file of the nearest module is the one, and without it that of the workspace.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	find := func(within, want string) {
		t.Helper()
		t.Chdir(filepath.Join(dir, within))
		if got, err := Find("."); err != nil || got != filepath.FromSlash(want) {
			t.Errorf("in %s: %s, %v, want %s", within, got, err, want)
		}
	}
	write("go.work")
	write("a/go.mod")
	write("a/in/x")
	write("b/x")
	find("a/in", "")
	write("a/in/" + Name) // not at the root
	find("a/in", "")
	write(Name)
	find("a/in", "../../"+Name)
	find("b", "../"+Name)
	find(".", Name)
	write("a/" + Name)
	find("a/in", "../"+Name)
	if got, err := Place("."); err != nil || got != filepath.Join("..", Name) {
		t.Error(got, err)
	}
	t.Chdir(filepath.Join(dir, "b"))
	if got, err := Place("."); err != nil || got != filepath.Join("..", Name) {
		t.Error(got, err)
	}
	if _, err := Place(string(filepath.Separator)); err == nil || !strings.Contains(err.Error(), "neither a go.mod nor a go.work") {
		t.Error(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Error(err)
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that does not exist was read")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a = 1\n", "[[a]]\nb.c = {d = [1, 'x']}\n[a.e]\n", "a.b = \"\"\"x\n\"\"\"\r\n[c]", "[a.b]\n[[a.c]]\n[a.c.d]", "a = {b = [{c = 1}]}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if file, err := Parse("c.toml", text); err == nil {
			_ = dump(file, &file.Root, "")
		} else if !strings.HasPrefix(err.Error(), "c.toml:") {
			t.Error(err)
		}
	})
}
