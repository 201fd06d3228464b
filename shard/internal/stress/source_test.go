package stress

import (
	"strings"
	"testing"
)

const before = `package p

import "testing"

// TestA is one.
func TestA(t *testing.T) { helper(t) }

func helper(t *testing.T) { t.Log(limit) }

const limit = 3

type suite struct{}

func (s *suite) TestX() { s.check() }

func (s *suite) check() {}

func TestSuite(t *testing.T) { run(t, new(suite)) }

func TestB(t *testing.T) {
	t.Log("b")
}

func ExampleX() {
	// Output: x
}
`

func TestEdited(t *testing.T) {
	const all = "TestA TestSuite TestB ExampleX"
	for name, test := range map[string]struct{ from, to, want string }{
		"nothing":                     {"", "", ""},
		"a comment and spaces":        {"t.Log(\"b\")", "// Now it logs.\n\n\tt.Log( \"b\" )", ""},
		"a test":                      {`"b"`, `"c"`, "TestB"},
		"a test that is new":          {"func TestB", "func TestC(t *testing.T) {}\n\nfunc TestB", "TestC"},
		"the comment of an example":   {"Output: x", "Output: y", "ExampleX"},
		"a function that a test uses": {"t.Log(limit)", "t.Log(limit, 1)", "TestA"},
		"a constant behind that":      {"= 3", "= 4", "TestA"},
		"a method of a suite":         {"s.check()", "s.check(); s.check()", "TestSuite"},
		"a method that is new":        {"func (s *suite) check", "func (s *suite) TestY() {}\nfunc (s *suite) check", "TestSuite"},
		"what does not parse":         {"t.Log(\"b\")", "t.Log(", ""},
	} {
		was, now := declarations{}, declarations{}
		was.add([]byte(before))
		now.add([]byte(strings.Replace(before, test.from, test.to, 1)))
		edited := now.edited(was)
		var got []string
		for _, name := range append(strings.Fields(all), "TestC") {
			if now.reaches(name, edited) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %s", name, got, test.want)
		}
	}
}

// A test that was only moved to another file is not edited.
func TestMoved(t *testing.T) {
	was, now := declarations{}, declarations{}
	was.add([]byte("package p\nfunc TestA() {}\nfunc TestB() {}\n"))
	now.add([]byte("package p\nfunc TestB() {}\n"))
	now.add([]byte("package p\nfunc TestA() {}\n"))
	if edited := now.edited(was); len(edited) > 0 {
		t.Error(edited)
	}
}

func FuzzDeclarations(f *testing.F) {
	f.Add([]byte(before))
	f.Add([]byte("package p\ntype A[T any] struct{}\nfunc (a *A[T]) X() {}\nfunc ("))
	f.Fuzz(func(t *testing.T, text []byte) {
		now := declarations{}
		now.add(text)
		again := declarations{}
		again.add(text)
		if edited := now.edited(again); len(edited) > 0 {
			t.Errorf("%v", edited)
		}
		for name := range now {
			if !now.reaches(name, map[string]bool{name: true}) {
				t.Errorf("%q does not reach itself", name)
			}
		}
	})
}
