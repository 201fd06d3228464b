package format

import (
	"bytes"
	"testing"
)

// marks are sections that can be read.
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

// Others stay as they are.
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
			t.Errorf("%s:\n%s\nwant\n%s", name, with.String(), without.String())
		}
	}
}
