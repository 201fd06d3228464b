package stream

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestParseHeader(t *testing.T) {
	tests := map[string]struct {
		line, action, pkg, test string
		bad                     bool
	}{
		"go test's own":        {line: `{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"p/q","Test":"TestX"}`, action: "run", pkg: "p/q", test: "TestX"},
		"package event":        {line: `{"Action":"pass","Package":"p","Elapsed":0.5}`, action: "pass", pkg: "p"},
		"white space":          {line: ` { "Action" : "run" , "Package" : "p" } `, action: "run", pkg: "p"},
		"escapes in output":    {line: `{"Action":"output","Package":"p","Output":"a\"b\\\u001b\n"}`, action: "output", pkg: "p"},
		"escapes in a package": {line: `{"Action":"run","Package":"p\/q"}`, action: "run", pkg: "p/q"},
		"keys in another case": {line: `{"action":"run","PACKAGE":"p"}`, action: "run", pkg: "p"},
		"a key twice":          {line: `{"Action":"run","Package":"p","Package":"q"}`, action: "run", pkg: "q"},
		"a nested value":       {line: `{"Action":"run","Package":"p","Extra":{"Package":"q","a":[1]}}`, action: "run", pkg: "p"},
		"no keys":              {line: `{}`},
		"empty":                {line: ``, bad: true},
		"text":                 {line: `make: Entering directory`, bad: true},
		"null":                 {line: `null`, bad: true},
		"an array":             {line: `[]`, bad: true},
		"a number":             {line: `1`, bad: true},
		"a string":             {line: `"x"`, bad: true},
		"cut":                  {line: `{"Action":"run","Package":"p`, bad: true},
		"two values":           {line: `{} {}`, bad: true},
		"a trailing comma":     {line: `{"Action":"run",}`, bad: true},
		"a bad escape":         {line: `{"Action":"run","Output":"\q"}`, bad: true},
		"a bare control":       {line: "{\"Action\":\"run\",\"Output\":\"\t\"}", bad: true},
		"a bad literal":        {line: `{"Action":"run","Elapsed":1.}`, bad: true},
		"a number for a name":  {line: `{"Action":"run","Package":5}`, bad: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, _, err := parseHeader([]byte(test.line))
			if (err != nil) != test.bad {
				t.Fatalf("error %v, want one: %v", err, test.bad)
			}
			if string(h.action) != test.action || string(h.pkg) != test.pkg || string(h.test) != test.test {
				t.Errorf("got action %q, package %q, test %q", h.action, h.pkg, h.test)
			}
		})
	}
}

// FuzzParseHeader compares with encoding/json: what it takes for an event is
// one, with the same names, and the line that goes on is valid and carries the
// worker once.
func FuzzParseHeader(f *testing.F) {
	for _, line := range []string{
		`{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"p","Test":"TestX/é","Output":"a\"\\\u00e9\n"}`,
		`{"Action":"pass","Package":"p","Elapsed":1e-3,"Worker":"gw1"}`,
		`{"Worker":"gw1","Action":"pass","Package":"p"}`,
		`{"Worker":"gw1"}`, `{"worker":"x","Worker":"y"}`, `{ }`, `null`, `{"Action":"run","Extra":[{}]}`,
		`{"Action":"run","Output":"\"Worker\":\"gw0\"}"}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\r\n") {
			return // the reader has taken these away
		}
		var want event
		wantErr := json.Unmarshal(line, &want)
		isObject := len(bytes.TrimSpace(line)) > 0 && bytes.TrimSpace(line)[0] == '{'
		h, out, err := parseHeader(line)
		if err != nil {
			if wantErr == nil && isObject {
				t.Fatalf("%q is an event: %v", line, err)
			}
			return
		}
		if !json.Valid(line) {
			t.Fatalf("%q is no JSON", line)
		}
		if wantErr != nil {
			return // a value of another type under a key that the merge does not need
		}
		// Compared as JSON has them: invalid UTF-8 is replaced.
		clean := func(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
		if len(h.action) > 0 && clean(h.action) != want.Action && !bytes.ContainsRune(h.action, '\uFFFD') && isASCII(h.action) {
			t.Fatalf("action %q, want %q", h.action, want.Action)
		}
		if isASCII(h.pkg) && clean(h.pkg) != want.Package && isASCII([]byte(want.Package)) {
			t.Fatalf("package %q, want %q", h.pkg, want.Package)
		}
		m := NewMerge([]Source{{Name: "s"}})
		written := m.write(nil, out, h, workerSuffix("s"))
		var got map[string]any
		if err := json.Unmarshal(written, &got); err != nil {
			t.Fatalf("%q became %q: %v", line, written, err)
		}
		if got["Worker"] != "s" {
			t.Fatalf("%q became %q", line, written)
		}
		if len(line) < maxLine && strings.Count(string(written), `"Worker":`)-strings.Count(string(written), `\"Worker":`) > 1 {
			t.Fatalf("%q became %q: two workers", line, written)
		}
	})
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
