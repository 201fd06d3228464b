package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
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
			var h header
			err := parseHeader([]byte(test.line), &h)
			if (err != nil) != test.bad {
				t.Fatalf("error %v, want one: %v", err, test.bad)
			}
			if string(h.action) != test.action || string(h.pkg) != test.pkg || string(h.test) != test.test {
				t.Errorf("got action %q, package %q, test %q", h.action, h.pkg, h.test)
			}
		})
	}
}

// eventLines are the seeds of FuzzParseHeader.
func eventLines() []string {
	lines := []string{
		`{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"p","Test":"TestX/é","Output":"a\"\\\u00e9\n"}`,
		`{"Action":"output","Package":"pfad/ü","Test":"TestX/a\u003cb","Output":"x","OutputType":"error","Worker":"gw\u0031"}`,
		`{"Action":"pass","Package":"p\/q","Elapsed":1e-3,"Worker":"gw1"}`,
		`{"Action":"pass","Package":"p","Elapsed":1e999}`, `{"Action":"pass","Elapsed":12345678901234567890.5}`, `{"Elapsed":-1}`, `{"Elapsed":"1"}`,
		`{"Worker":"gw1","Action":"pass","Package":"p"}`, ` { "Worker" : "gw1" , "Action" : "pass" } `, `{"Action":"a" , "Worker":"gw1"}`,
		`{"Worker":"gw1"}`, `{"worker":"x","Worker":"y"}`, `{"Worker":"x","Action":"run","Worker":"y"}`, `{"WORKER":"x","Action":"run"}`,
		`{"Worker":5,"Action":"run"}`, `{"Worker":null,"Action":"run"}`, `{"Worker":"\ud800"}`, "{\"Wor\u212aer\":\"x\"}", "{\"Wor\\u212aer\":\"x\"}", `{"\u0057orker":"x"}`,
		`{"action":"run","Package":"p","PACKAGE":"q"}`, `{"Package":"p","Package":"q","Package":null,"Test":"a","Test":"b","te\u017ft":"c"}`,
		`{ }`, `null`, `[]`, `{"Action":"run","Extra":[{"Worker":"x"}],"Worker":"y"}`, `{"a\"b":"\\","Worker":"y","c\\":{}}`,
		`{"Action":"run","Output":"\"Worker\":\"gw0\"}"}`, `{"Action":"run","Extra":truE}`, "{\"Action\":\"\xff\",\"Package\":\"\xc3\",\"\xff\":1}",
		`{"Output":null,"OutputType":7}`, `{"Time":null}`, "{\"Output\":\"\x7f\"}",
	}
	for _, year := range []string{"0000", "1900", "2000", "2026", "2028", "2100", "9999", "10000"} {
		for month := range 14 {
			for _, day := range []int{0, 1, 15, 28, 29, 30, 31, 32} {
				lines = append(lines, fmt.Sprintf(`{"Time":"%s-%02d-%02dT23:59:59.999999999+01:00","Action":"run"}`, year, month, day))
			}
		}
	}
	for _, time := range []string{"24:00:00", "23:60:00", "23:59:60", "1:02:03", "01:02:03.", "01:02:03.5", "01:02:03,5", "01:02:03.0123456789", "01:02:03.x"} {
		for _, zone := range []string{"Z", "z", "", "+00:00", "-23:59", "+24:00", "+23:60", "+2:00", "+0200", " +02:00"} {
			lines = append(lines, `{"Time":"2028-02-29T`+time+zone+`","Worker":"w"}`)
		}
	}
	return lines
}

// FuzzParseHeader compares with encoding/json, which consumers use. The header and the
// worker are what encoding/json finds in the line. The written line is the same JSON with
// another worker, whether or not the fast path has read the line.
func FuzzParseHeader(f *testing.F) {
	for _, line := range eventLines() {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) >= maxLine || bytes.ContainsRune(line, '\n') {
			return
		}
		var want event
		wantErr := json.Unmarshal(line, &want)
		if !bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte{'{'}) {
			wantErr = errNotAnEvent
		}
		var h header
		err := parseHeader(line, &h)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: error %v, but encoding/json returns %v", line, err, wantErr)
		}
		if err != nil {
			return
		}
		for name, value := range map[string][2]string{
			"action": {string(h.action), want.Action}, "package": {string(h.pkg), want.Package},
			"test": {string(h.test), want.Test}, "worker": {string(h.worker), want.Worker},
		} {
			if value[0] != value[1] {
				t.Errorf("%q: %s %q, but encoding/json returns %q", line, name, value[0], value[1])
			}
		}
		if e, err := decodeEvent(line); err != nil || e.Worker != want.Worker {
			t.Errorf("%q lost its worker: %v, %v", line, e, err)
		}
		var m Merge
		for _, worker := range []string{"", "other"} {
			written := m.write(nil, line, &h, workerSuffix(worker))
			rest := members(t, line, false)
			if len(h.test) > 0 && !h.counts() {
				rest = append(rest, `"tEST":""`)
			}
			if worker != "" {
				rest = append(rest, `"Worker":"other"`)
			}
			if got := members(t, written, true); !slices.Equal(got, rest) {
				t.Errorf("%q became %q: %q instead of %q", line, written, got, rest)
			}
		}
		e, _ := decodeEvent(line)
		again, err := decodeEvent(appendEvent(nil, e))
		if err != nil || again.Worker != want.Worker || again.Action != want.Action || (again.Time == nil) != (want.Time == nil) {
			t.Errorf("%q became %v, %v", line, again, err)
		}
	})
}

// members returns the members of a JSON object in order, with or without workers.
func members(t *testing.T, line []byte, workers bool) []string {
	t.Helper()
	if !json.Valid(line) {
		t.Fatalf("%q is not JSON", line)
	}
	all := []string{}
	decoder := json.NewDecoder(bytes.NewReader(line))
	_, _ = decoder.Token()
	for decoder.More() {
		key, _ := decoder.Token()
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if workers || !strings.EqualFold(key.(string), "Worker") {
			all = append(all, fmt.Sprintf("%q:%s", key, value))
		}
	}
	return all
}

// The fast path accepts everything that go test -json prints, because encoding/json is
// several times slower.
func TestTheQuickWayReadsTheGoCommandsLines(t *testing.T) {
	for _, day := range []string{"2026-01-31", "2026-12-31", "2026-04-30", "2028-02-29"} {
		line := `{"Time":"` + day + `T23:59:30.5+02:00","Action":"output","Package":"é/p","Test":"TestX/a\u003cb","Output":"x\n","OutputType":"frame"}`
		if !scanHeader([]byte(line), new(header)) {
			t.Errorf("%s is read by encoding/json", line)
		}
	}
}

// A key that a later Go adds, and one of Go 1.27, are kept in rewritten events.
func TestKeysStayInRewrittenEvents(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	run := Run{Worker: "gw1", Waited: time.Second, WorkerOf: func(string) string { return "gw1" }}
	m := NewMerge([]Source{{Lookup: func(string) (Run, bool) { return run, true }}})
	got := mergeAll(t, m, []feed{
		{0, `{"Action":"output","Package":"p","Test":"T","Output":"` + long + `","OutputType":"error","Later":[1]}`},
		{0, `{"Action":"output","Package":"p","Test":"T","Output":"panic: test timed out\n","OutputType":"frame","later":1}`},
		{0, `{"Action":"output","Package":"p","Output":"ok  \tp\t2.000s\n","OutputType":"frame","Later":{}}`},
		{0, `{"Action":"pass","Package":"p","Elapsed":2,"OutputType":"x","Later":null}`},
	})
	var kept []string
	for line := range strings.Lines(got) {
		_, rest, _ := strings.Cut(line, `"OutputType"`)
		kept = append(kept, strings.TrimSuffix(rest, "\n"))
	}
	continued := `:"error-continue","Later":[1],"Worker":"gw1"}`
	want := []string{
		`:"error","Later":[1],"Worker":"gw1"}`, continued, continued, continued, continued, continued, continued, continued,
		`:"frame","later":1,"Worker":"gw1"}`, `:"frame","later":1,"Worker":"gw1"}`,
		`:"frame","Later":{},"Worker":"gw1"}`, `:"x","Later":null,"Worker":"gw1"}`,
	}
	if !slices.Equal(kept, want) {
		t.Errorf("got %q", kept)
	}
}
