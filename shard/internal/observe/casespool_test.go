package observe

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"
)

func TestCaseSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	spool := newCaseSpool()
	want := map[string][]testjson.TestCase{}
	for i := range 5000 { // several blocks for one package, less than one for the other
		tc := testjson.TestCase{Package: "m/a", Test: testjson.TestName(fmt.Sprintf("TestÄ/%d", i)), Elapsed: time.Duration(i-1) * time.Millisecond}
		if i%1000 == 0 {
			tc.Package = "m/b"
		}
		if i%2 == 0 {
			tc.Attributes = map[string]string{"gotestshard.worker": "1/gw0", "owner": ""}
		}
		spool.add(tc)
		want[tc.Package] = append(want[tc.Package], tc)
	}
	for _, pkg := range []string{"m/a", "m/b", "m/none"} {
		if got := slices.Collect(spool.Of(pkg)); !reflect.DeepEqual(got, want[pkg]) {
			t.Errorf("%s: %d tests, want %d", pkg, len(got), len(want[pkg]))
		}
		for range spool.Of(pkg) {
			break
		}
	}
	if err := spool.file.File.Truncate(10); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Collect(spool.Of("m/a"))); n != 0 || spool.Close() == nil {
		t.Errorf("%d tests were read from a truncated file", n)
	}
	if entries, _ := os.ReadDir(os.Getenv("TMPDIR")); len(entries) != 0 {
		t.Error("left behind", entries)
	}
	if err := newCaseSpool().Close(); err != nil {
		t.Error(err)
	}
	for cut := range 20 {
		block := appendText(nil, "TestWithAName")
		block = append(block, 2, 1, 1, 'k', 1, 'v')
		var tc testjson.TestCase
		if _, err := readCase(block[:min(cut, len(block)-1)], &tc); err == nil {
			t.Errorf("%d bytes were read as a test", cut)
		}
	}
}
