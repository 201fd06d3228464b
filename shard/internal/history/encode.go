package history

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

const (
	format  = "gotestshard timings"
	version = 1
)

// encode returns the file that the package's comment describes.
func (h *History) encode() []byte {
	var e encoder
	e.text("{\n \"format\": ").string(format).text(",\n \"version\": ").int(version).text(",\n \"packages\": {")
	for i, name := range slices.Sorted(maps.Keys(h.packages)) {
		p := h.packages[name]
		e.comma(i).text("\n  ").string(name).text(": {\n   \"seen\": ").string(p.seen.String())
		e.samples(", \"start\": ", p.start).samples(", \"package\": ", p.whole)
		e.text(",\n   \"tests\": {")
		for j, test := range slices.Sorted(maps.Keys(p.tests)) {
			t := p.tests[test]
			e.comma(j).text("\n    ").string(test).text(": {\"seen\": ").string(t.seen.String())
			if t.missed > 0 {
				e.text(", \"missed\": ").int(int64(t.missed))
			}
			e.samples(", \"ms\": ", t.samples).text("}")
		}
		e.end(len(p.tests), "\n   ").text("\n  }")
	}
	e.end(len(h.packages), "\n ").text("\n}\n")
	return e.out
}

type encoder struct{ out []byte }

func (e *encoder) text(s string) *encoder {
	e.out = append(e.out, s...)
	return e
}

func (e *encoder) int(n int64) *encoder {
	e.out = strconv.AppendInt(e.out, n, 10)
	return e
}

func (e *encoder) comma(i int) *encoder {
	if i > 0 {
		e.text(",")
	}
	return e
}

// end closes an object with n members.
func (e *encoder) end(n int, indent string) *encoder {
	if n > 0 {
		e.text(indent)
	}
	return e.text("}")
}

func (e *encoder) string(s string) *encoder {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return e.quoted(s)
		}
	}
	return e.text(`"`).text(s).text(`"`)
}

func (e *encoder) quoted(s string) *encoder {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // keeps < and > readable
	_ = encoder.Encode(s)        // encoding a string never fails
	return e.text(string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}

// samples writes nothing if there are no samples.
func (e *encoder) samples(key string, s samples) *encoder {
	if s.n == 0 {
		return e
	}
	e.text(key).text("[")
	for i, t := range s.times[:s.n] {
		if i > 0 {
			e.text(", ")
		}
		e.int(int64(t / 10))
		if t%10 != 0 {
			e.text(".").int(int64(t % 10))
		}
	}
	return e.text("]")
}
