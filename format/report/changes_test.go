package report

import (
	"strings"
	"testing"
)

func TestPlanOfChanges(t *testing.T) {
	plan := Plan{Changed: &Changes{
		Base: "abc", Files: 1, Summary: "1 of 2 packages run: 1 file differs from abc", Lines: []string{"a: a/a.go changed"},
		Selected: []ChangedReason{{Package: "example.com/m/a", Kind: "source", File: "a/a.go", Via: []string{"example.com/m/a"}, Reason: "a/a.go changed"}},
		LeftOut:  []string{"example.com/m/b"},
	}}
	var text, json strings.Builder
	if err := plan.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "1 of 2 packages run: 1 file differs from abc.\n    a: a/a.go changed\n\nThere are no tests to run.\n"; text.String() != want {
		t.Errorf("%q", text.String())
	}
	if err := plan.WriteJSON(&json); err != nil {
		t.Fatal(err)
	}
	const want = `  "changed": {
    "base": "abc",
    "files": 1,
    "selected": [
      {
        "package": "example.com/m/a",
        "kind": "source",
        "file": "a/a.go",
        "via": [
          "example.com/m/a"
        ],
        "reason": "a/a.go changed"
      }
    ],
    "left_out": [
      "example.com/m/b"
    ]
  },
`
	if !strings.Contains(json.String(), want) {
		t.Errorf("%s", json.String())
	}
}
