package worker

import (
	"reflect"
	"strings"
	"testing"
)

// A test's name is not unique in its process: package p and its package p_test
// may both have a TestX. So tests are identified by their address in the memory
// of this process.

var tbType = reflect.TypeFor[testing.TB]()

// identity is where package testing keeps a test.
type identity struct {
	common reflect.Value // a pointer to what testing.T, B and F all begin with
}

// identify unwraps types that wrap a test. A type with the methods of a
// testing.TB must embed one, because one of the methods is private to package
// testing.
func identify(t testing.TB) identity {
	v := reflect.ValueOf(t)
	for {
		inner, ok := embedded(v)
		if !ok {
			return identity{v}
		}
		v = inner
	}
}

// embedded returns a pointer to the testing.TB that v or what v points to embeds.
func embedded(v reflect.Value) (reflect.Value, bool) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	for i := range v.NumField() {
		if !v.Type().Field(i).Anonymous {
			continue
		}
		field := v.Field(i)
		for field.Kind() == reflect.Interface && !field.IsNil() {
			field = field.Elem()
		}
		switch {
		case field.Kind() == reflect.Pointer && !field.IsNil() && field.Type().Implements(tbType):
			return field, true
		case field.Kind() == reflect.Struct && field.CanAddr() && field.Addr().Type().Implements(tbType):
			return field.Addr(), true
		case field.Kind() == reflect.Struct && field.Type().Implements(tbType):
			return field, true
		}
	}
	return reflect.Value{}, false
}

// address is 0 for a testing.TB that is not one of package testing's and not a
// pointer.
func (i identity) address() uintptr {
	if i.common.Kind() != reflect.Pointer {
		return 0
	}
	return i.common.Pointer()
}

// parent returns the test that started this one with Run. known is false if
// package testing does not provide it. The topmost test does not have a parent.
func (i identity) parent() (parent identity, known bool) {
	if i.address() == 0 || i.common.Type().Elem().Kind() != reflect.Struct {
		return identity{}, false
	}
	field := i.common.Elem().FieldByName("parent")
	if !field.IsValid() || field.Type() != i.common.Type() {
		return identity{}, false
	}
	return identity{field}, true
}

// holder is a test of this process that holds a Lock or is in the setup of a
// Once.
type holder struct {
	name      string
	test      identity
	goroutine string // empty for a Lock
}

func holderOf(t testing.TB) holder { return holder{name: t.Name(), test: identify(t)} }

// is reports whether the holder is this test.
func (h holder) is(t testing.TB) bool {
	if h.name != t.Name() {
		return false
	}
	return h.test.address() == identify(t).address() // both 0: the names are all there is
}

// isAbove reports whether the holder started t with Run. Then each of the two
// waits for the other.
func (h holder) isAbove(t testing.TB) bool {
	if !strings.HasPrefix(t.Name(), h.name+"/") {
		return false
	}
	for test := identify(t); ; {
		parent, known := test.parent()
		switch {
		case !known: // the names are all there is
			return true
		case parent.address() == 0:
			return false
		case parent.address() == h.test.address():
			return true
		}
		test = parent
	}
}
