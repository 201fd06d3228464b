package observe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

func TestFailureFile(t *testing.T) {
	const stream = `{"ImportPath":"m/broken","Action":"build-output","Output":"x.go:1: no\n"}
{"ImportPath":"m/broken","Action":"build-fail"}
{"ImportPath":"m/warned","Action":"build-output","Output":"a warning\n"}
{"Action":"start","Package":"m/broken"}
{"Action":"fail","Package":"m/broken","FailedBuild":"m/broken"}
{"Action":"start","Package":"m/fails"}
{"Action":"run","Package":"m/fails","Test":"TestA"}
{"Action":"run","Package":"m/fails","Test":"TestB"}
{"Action":"output","Package":"m/fails","Test":"TestA","Output":"of A\n"}
{"Action":"output","Package":"m/fails","Test":"TestB","Output":"of B\n"}
{"Action":"pass","Package":"m/fails","Test":"TestB"}
{"Action":"fail","Package":"m/fails","Test":"TestA"}
{"Action":"run","Package":"m/fails","Test":"TestS"}
{"Action":"output","Package":"m/fails","Test":"TestS","Output":"of S\n"}
{"Action":"run","Package":"m/fails","Test":"TestS/a"}
{"Action":"run","Package":"m/fails","Test":"TestS/a/b"}
{"Action":"run","Package":"m/fails","Test":"TestS/c"}
{"Action":"fail","Package":"m/fails","Test":"TestS/a/b"}
{"Action":"fail","Package":"m/fails","Test":"TestS/a"}
{"Action":"pass","Package":"m/fails","Test":"TestS/c"}
{"Action":"output","Package":"m/fails","Test":"TestS","Output":"panic: of b\n"}
{"Action":"fail","Package":"m/fails","Test":"TestS"}
{"Action":"run","Package":"m/fails","Test":"TestHangs"}
{"Action":"output","Package":"m/fails","Output":"FAIL\n"}
{"Action":"fail","Package":"m/fails"}
{"Action":"start","Package":"m/passes"}
{"Action":"run","Package":"m/passes","Test":"TestC"}
{"Action":"pass","Package":"m/passes","Test":"TestC"}
{"Action":"pass","Package":"m/passes"}
`
	file := filepath.Join(t.TempDir(), "failures.json")
	h, err := New(option.Options{Display: option.Display{Format: "none"}, Reports: option.Reports{FailuresFile: file}}, nil, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	scanned(t, h, strings.NewReader(stream))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(stream, "\n")
	var want strings.Builder
	for _, i := range []int{0, 1, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 17, 18, 20, 21, 23, 24, 22} {
		want.WriteString(lines[i])
	}
	if string(text) != want.String() {
		t.Errorf("got\n%s\nwant\n%s", text, want.String())
	}
}
