package result

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/history"
)

func TestUnusableFiles(t *testing.T) {
	file, text := write(t)
	header, rest, _ := strings.Cut(text, "\n")
	flip := func(at int) []byte {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0xff
		return damaged
	}
	line := func(line string) []byte { return compress(header + "\n" + line + "\n") }
	for name, test := range map[string]struct {
		file []byte
		want error
		text string
	}{
		"empty":                   {nil, ErrCut, ""},
		"two bytes":               {file[:2], ErrCut, ""},
		"cut in its first line":   {compress(header[:40]), ErrCut, ""},
		"cut in the compression":  {file[:len(file)-40], ErrCut, ""},
		"without an end":          {compress(header + "\n"), ErrCut, ""},
		"cut in a line":           {compress(text[:len(text)-10]), ErrCut, ""},
		"without the checksum":    {file[:len(file)-8], nil, ""}, // which follows the end
		"no gzip":                 {[]byte(text), ErrForeign, ""},
		"a zip of something else": {compress(rest), ErrForeign, ""},
		"a long line":             {compress(strings.Repeat("x", 2*longestLine)), ErrForeign, ""},
		"a picture":               {[]byte("\x89PNG\r\n\x1a\n"), ErrForeign, ""},
		"newer":                   {compress(strings.Replace(text, `"version":1`, `"version":2`, 1)), ErrNewer, "it has version 2, but this gotestshard reads version 1"},
		"newer with other fields": {compress(`{"gotestshard":"result","version":7,"part":"one"}` + "\n"), ErrNewer, "version 7"},
		"no version":              {compress(strings.Replace(text, `"version":1`, `"version":0`, 1)), ErrDamaged, ""},
		"no part":                 {compress(strings.Replace(text, `"part":1`, `"part":0`, 1)), ErrDamaged, "part 0 of 2"},
		"part above":              {compress(strings.Replace(text, `"part":1`, `"part":3`, 1)), ErrDamaged, "part 3 of 2"},
		"too many parts":          {compress(strings.Replace(text, `"parts":2`, `"parts":10001`, 1)), ErrDamaged, ""},
		"a header of other types": {compress(strings.Replace(text, `"parts":2`, `"parts":"two"`, 1)), ErrDamaged, ""},
		"a bit":                   {flip(len(file) / 2), ErrDamaged, ""},
		"the checksum":            {flip(len(file) - 8), ErrDamaged, ""},
		"an unknown kind":         {line(`{"gotestshard":"what"}`), ErrDamaged, `it has a line of the unknown kind "what"`},
		"a record of other types": {line(`{"gotestshard":"rerun","attempt":"x"}`), ErrDamaged, ""},
		"no JSON":                 {line(`{"gotestshard":"rerun`), ErrDamaged, ""},
		"attempt 0":               {line(`{"gotestshard":"rerun","attempt":0}`), ErrDamaged, ""},
		"plan of part 3":          {line(`{"gotestshard":"plan","part":3}`), ErrDamaged, "its plan has part 3 of 2"},
		"exit code below 0":       {line(`{"gotestshard":"end","exit_code":-1}`), ErrDamaged, ""},
		"a line that is too long": {line(strings.Repeat("x", longestLine+1)), ErrDamaged, "it has a line of more than 1048576 bytes"},
		"more after its end":      {compress(text + text), ErrDamaged, "there is unexpected data after its end"},
		"two files in one":        {append(bytes.Clone(file), file...), ErrDamaged, "there is unexpected data after its end"},
		"garbage after its end":   {append(bytes.Clone(file), "garbage and more garbage"...), ErrDamaged, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := records(bytes.NewReader(test.file), func(Record) {})
			if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("%v, want %v: %s", err, test.want, test.text)
			}
		})
	}
}

// FuzzReader reads any input without a panic and in bounded memory. If a good file was
// changed, reading it fails or returns the original data.
func FuzzReader(f *testing.F) {
	file, text := write(f)
	f.Add(file, false)
	f.Add([]byte(text), true)
	for line := range strings.Lines(text) {
		header, _, _ := strings.Cut(text, "\n")
		f.Add([]byte(header+"\n"+line), true)
	}
	f.Add(file[:len(file)/2], false)
	f.Add([]byte(nil), false)
	f.Add([]byte(`{"gotestshard":"result","version":1,"part":1,"parts":1}`+"\n"+`{"gotestshard":"end"}`+"\n"), true)
	f.Fuzz(func(t *testing.T, file []byte, plain bool) {
		if plain {
			file = compress(string(file))
		}
		ended := false
		err := records(bytes.NewReader(file), func(r Record) {
			if ended {
				t.Fatal("a record after the end")
			}
			ended = r.End != nil
			set := 0
			for _, is := range []bool{
				r.Event != nil, r.Plan != nil, r.Stderr != nil, r.Rerun != nil, r.Shard != nil, r.Coverage != nil, r.Timings != nil, r.End != nil,
			} {
				if is {
					set++
				}
			}
			if set != 1 {
				t.Fatalf("%d fields of %+v", set, r)
			}
			if r.Timings != nil {
				_ = history.NewRun().Add(*r.Timings)
			}
		})
		known := errors.Is(err, ErrForeign) || errors.Is(err, ErrNewer) || errors.Is(err, ErrCut) || errors.Is(err, ErrDamaged)
		if err == nil && !ended || err != nil && !known {
			t.Fatalf("%v, ended %v", err, ended)
		}
	})
}
