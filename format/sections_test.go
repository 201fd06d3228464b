package format

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// marks writes sections in a readable form.
type marks struct{ out *bytes.Buffer }

func (m marks) Begin(title string) { m.out.WriteString("<<< " + title + "\n") }
func (m marks) Attention()         { m.out.WriteString("!!!\n") }
func (m marks) End()               { m.out.WriteString(">>>\n") }

// The formats that show the output of tests fold it, with and without workers.
func TestSections(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	for file, options := range map[string]Options{"workers": {Workers: []string{"gw0", "gw1", "gw10"}}, "plain": {}} {
		for _, name := range []string{"pkgname-and-test-fails", "github-actions"} {
			var out bytes.Buffer
			options.Sections = marks{&out}
			f, err := New(&out, name, options)
			if err != nil {
				t.Fatal(err)
			}
			scan(t, f, readStream(t))
			golden(t, "sections-"+name+"-"+file, out.Bytes())
		}
	}
}

// A failed test with nothing to show gets no section.
func TestSilentTests(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	var out bytes.Buffer
	f, err := New(&out, "pkgname-and-test-fails", Options{
		Workers: []string{"gw0"}, Sections: marks{&out}, Silent: func(tc testjson.TestCase, _ *testjson.Execution) bool { return tc.Test == "TestX" },
	})
	if err != nil {
		t.Fatal(err)
	}
	scan(t, f, `{"Action":"run","Package":"m","Test":"TestX","Worker":"gw0"}
{"Action":"run","Package":"m","Test":"TestX/a","Worker":"gw0"}
{"Action":"output","Package":"m","Test":"TestX/a","Output":"no\n","Worker":"gw0"}
{"Action":"fail","Package":"m","Test":"TestX/a","Worker":"gw0"}
{"Action":"output","Package":"m","Test":"TestX","Output":"--- FAIL: TestX (0.00s)\n","Worker":"gw0"}
{"Action":"fail","Package":"m","Test":"TestX","Worker":"gw0"}
{"Action":"fail","Package":"m","Worker":"gw0"}
`)
	if want := "<<< [gw0] FAIL m.TestX/a (0.00s)\n[gw0] no\n!!!\n>>>\n[gw0] ✖  m\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// Other formats are unchanged.
func TestNoSections(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	for _, name := range []string{"pkgname", "testname", "standard-verbose", "dots", JSON, "none"} {
		var with, without bytes.Buffer
		for out, options := range map[*bytes.Buffer]Options{&with: {Sections: marks{&with}}, &without: {}} {
			f, err := New(out, name, options)
			if err != nil {
				t.Fatal(err)
			}
			scan(t, f, readStream(t))
		}
		if with.String() != without.String() {
			t.Errorf("%s: with sections\n%s\nwant the same as without\n%s", name, with.String(), without.String())
		}
	}
}

// The output of a test can look like the commands around it, be blank, or have no newline.
func TestSectionsOfTroublesomeOutput(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	events := func(lines ...string) string {
		var b strings.Builder
		b.WriteString(`{"Action":"run","Package":"m","Test":"TestX","Worker":"gw0"}` + "\n")
		for _, line := range lines {
			fmt.Fprintf(&b, `{"Action":"output","Package":"m","Test":"TestX","Output":%q,"Worker":"gw0"}`+"\n", line)
		}
		b.WriteString(`{"Action":"fail","Package":"m","Test":"TestX","Elapsed":0,"Worker":"gw0"}` + "\n")
		b.WriteString(`{"Action":"fail","Package":"m","Elapsed":0,"Worker":"gw0"}` + "\n")
		return b.String()
	}
	github := func(body string) string { return "<<< [gw0] FAIL m.TestX (0.00s)\n" + body + "!!!\n>>>\n" }
	const end = "[gw0]   FAIL Package m\n\n"
	for _, test := range []struct {
		format, stream string
		sections       bool
		want           string
	}{
		{"github-actions", events("a"), true, github("[gw0] a\n") + end},
		{"github-actions", events("a\n", "\n", "\n"), true, github("[gw0] a\n\n\n") + end},
		{"github-actions", events("\n", "::endgroup::\n", "\n", "b\n"), true, github("\n[gw0] ::endgroup::\n\n[gw0] b\n") + end},
		{"github-actions", events("::endgroup::"), true, github("[gw0] ::endgroup::\n") + end},
		{"github-actions", events("::group::x\n", "::endgroup::\n"), false,
			"::group::[gw0] FAIL m.TestX (0.00s)\n[gw0] ::group::x\n[gw0] ::endgroup::\n\n::endgroup::\n" + end},
		{"github-actions", events("a\n", "::endgroup::"), false,
			"::group::[gw0] FAIL m.TestX (0.00s)\n[gw0] a\n[gw0] ::endgroup::\n::endgroup::\n" + end},
		{"pkgname-and-test-fails", events("a"), true, github("[gw0] a\n") + "[gw0] ✖  m\n"},
		{"pkgname-and-test-fails", events("::endgroup::\n", "\n"), true, github("[gw0] ::endgroup::\n\n") + "[gw0] ✖  m\n"},
	} {
		var out bytes.Buffer
		options := Options{Workers: []string{"gw0"}}
		if test.sections {
			options.Sections = marks{&out}
		}
		f, err := New(&out, test.format, options)
		if err != nil {
			t.Fatal(err)
		}
		scan(t, f, test.stream)
		if out.String() != test.want {
			t.Errorf("%s of %s: got\n%q\nwant\n%q", test.format, test.stream, out.String(), test.want)
		}
	}
}
