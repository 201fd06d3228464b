package stream

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// decodeLike fails unless Decode declines a line or decodes it as encoding/json does.
func decodeLike(t *testing.T, d *Decoder, line []byte) (decoded bool) {
	t.Helper()
	event, ok := d.Decode(line)
	if !ok {
		return false
	}
	var want testjson.TestEvent
	if err := json.Unmarshal(line, &want); err != nil {
		t.Errorf("%q was decoded, with encoding/json: %v", line, err)
	} else if !reflect.DeepEqual(event, want) {
		t.Errorf("%q was decoded as\n%+v, not\n%+v", line, event, want)
	}
	return true
}

func TestDecode(t *testing.T) {
	const time = `{"Time":"2026-01-02T03:04:05.123456789Z",`
	var d Decoder
	for line, want := range map[string]bool{
		time + `"Action":"run","Package":"p","Test":"T"}` + "\n":                                         true,
		time + `"Action":"output","Package":"p","Test":"T","Output":"\ta \"b\" \\ \/ \r\b\f\n"}`:         true,
		time + `"Action":"output","Package":"p","Test":"T","Output":"\u003c\u001b[1mé\u00e9 日\u65e5\n"}`: true,
		time + `"Action":"output","Package":"q","Output":"","OutputType":"error","Worker":"gw0"}`:        true,
		time + `"Action":"pass","Package":"p","Test":"T","Elapsed":0}`:                                   true,
		time + `"Action":"pass","Package":"p","Elapsed":12.034}`:                                         true,
		time + `"Action":"fail","Package":"p","Elapsed":0.1,"FailedBuild":"p [p.test]"}`:                 true,
		time + `"Action":"attr","Package":"p","Test":"T","Key":"k","Value":"v"}`:                         true,
		time + `"Action":"artifacts","Package":"p","Test":"T","Path":"/a"}`:                              true,
		`{"ImportPath":"p [p.test]","Action":"build-output","Output":"x\n"}`:                             true,
		`{"Time":"2026-01-02T03:04:05.1+01:00","Action":"odd"}`:                                          true,
		`{"Action":"run","Action":"pass"}`:                                                               true,
		`{"Action":"r\u0075n"}`:                                                                          true, ` { "Action" : "run" } `: true, "{}": true,

		"": false, "\n": false, "FAIL\tp [build failed]\n": false, "null": false, `{"Action":"run"`: false, `{"Action":"run"} x`: false,
		`{"Action":"run",}`: false, `{"Action"}`: false, `{"Action":`: false, `{"action":"run"}`: false, `{"Unknown":"x"}`: false,
		`{"Action":null}`: false, `{"Action":\}`: false, `{"Test":x\"}`: false, `{"Action":1}`: false, `{"Elapsed":"1"}`: false, `{"Elapsed":-1}`: false, `{"Elapsed":1e3}`: false,
		`{"Elapsed":01}`: false, `{"Elapsed":.5}`: false, `{"Elapsed":1.}`: false, `{"Elapsed":1.2.3}`: false, `{"Elapsed":}`: false, `{"Output":{}}`: false,
		`{"RunID":7}`: false, `{"Action":"skip","Quarantined":true}`: false, `{"Time":"yesterday"}`: false, `{"Time":"2026-02-30T00:00:00Z"}`: false,
		"{\"Output\":\"\xff\"}": false, `{"Output":"\ud83d\ude00"}`: false, `{"Output":"\x"}`: false, "{\"Output\":\"\x01\"}": false,
	} {
		if got := decodeLike(t, &d, []byte(line)); got != want {
			t.Errorf("%q was decoded: %v", line, got)
		}
	}
}

// FuzzDecode compares with encoding/json, of which testjson reports the errors.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"Time":"2026-01-02T03:04:05.1Z","Action":"output","Package":"p","Test":"T","Elapsed":1.5,"Output":"\u003c\n","Key":"k","Value":"v"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var d Decoder // all lines, since it keeps names
		for line := range bytes.Lines(text) {
			decodeLike(t, &d, line)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	line := []byte(`{"Time":"2026-01-02T03:04:05.123456789Z","Action":"output","Package":"example.com/p","Test":"TestOfSomething","Output":"a line of output\n","Worker":"gw0"}` + "\n")
	b.Run("Decoder", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		var d Decoder
		for b.Loop() {
			if _, ok := d.Decode(line); !ok {
				b.Fatal("it was not decoded")
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		for b.Loop() {
			var event testjson.TestEvent
			if err := json.Unmarshal(line, &event); err != nil {
				b.Fatal(err)
			}
		}
	})
}
