package scan

import (
	"reflect"
	"unsafe" // for go:linkname, too

	"gotest.tools/gotestsum/testjson"
)

// add records an event in an Execution, as testjson does. The version of gotestsum in go.mod
// has it. With another one the program does not link, or TestTestjson fails.
//
//go:linkname add gotest.tools/gotestsum/testjson.(*Execution).add
func add(exec *testjson.Execution, event testjson.TestEvent)

// rawField is the field of TestEvent that Bytes returns. TestTestjson checks it.
var rawField, _ = reflect.TypeFor[testjson.TestEvent]().FieldByName("raw")

// setBytes sets the line that an event was decoded from.
func setBytes(event *testjson.TestEvent, line []byte) {
	*(*[]byte)(unsafe.Add(unsafe.Pointer(event), rawField.Offset)) = line
}
