package worker

import "testing"

type wrapper struct {
	_ int // not first, not a pointer, not comparable
	_ func()
	testing.TB
}

type ofT struct{ *testing.T }

type deep struct{ ofT }

type alias = testing.TB

type unexported struct{ alias }

// TestWhichTestItIs fails if package testing changes how it stores tests. Then
// two tests can be distinguished only by name.
func TestWhichTestItIs(t *testing.T) {
	self := identify(t)
	same := map[string]testing.TB{
		"test": t, "wrapper": wrapper{TB: t}, "pointer": &wrapper{TB: t}, "embedded": ofT{t}, "deep": &deep{ofT{t}},
		"twice": wrapper{TB: &wrapper{TB: unexported{t}}},
	}
	for name, tb := range same {
		if !holderOf(tb).is(t) || !holderOf(t).is(tb) {
			t.Errorf("%s is another test", name)
		}
	}
	t.Run("sub", func(sub *testing.T) {
		sub.Run("sub", func(below *testing.T) {
			for name, tb := range same {
				if h := holderOf(tb); !h.isAbove(below) || !h.isAbove(wrapper{TB: sub}) || h.is(sub) {
					t.Errorf("%s is not above its subtests", name)
				}
			}
			if !holderOf(sub).isAbove(wrapper{TB: below}) || holderOf(below).isAbove(sub) {
				t.Error("a subtest is not above its own")
			}
		})
		twin := holder{name: t.Name(), test: identify(&probe{})}
		if twin.isAbove(sub) || twin.is(t) {
			t.Error("a test of the same name is taken for this one")
		}
	})
	for parent, known := self.parent(); ; parent, known = parent.parent() {
		if !known {
			t.Fatal("package testing does not tell a test's parent")
		}
		if parent.address() == 0 {
			break
		}
	}
}

// A testing.TB of another implementation is identified by its name and its
// address.
func TestWhichTestItIsOfOthers(t *testing.T) {
	one, two := &probe{name: "TestP"}, &probe{name: "TestP"}
	if h := holderOf(one); !h.is(one) || h.is(two) || !h.is(wrapper{TB: one}) || h.is(&probe{name: "TestP/sub"}) {
		t.Error("probes are not told apart")
	}
	if h := holderOf(one); !h.isAbove(&probe{name: "TestP/sub"}) || h.isAbove(&probe{name: "TestPQ"}) {
		t.Error("the name does not say what is above")
	}
	if h := holderOf(value{name: "TestV"}); !h.is(value{name: "TestV"}) || h.is(value{name: "TestW"}) || !h.isAbove(value{name: "TestV/sub"}) {
		t.Error("the name does not say which test")
	}
}

type value struct {
	name string
	testing.TB
}

func (v value) Name() string { return v.name }
