package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// decode reads the file format that the package's comment describes. It does not use
// encoding/json, which is several times slower, for a file that is read at each start, and
// which ignores duplicate keys.
func decode(text []byte) (h *History, err error) {
	d := decoder{text: text}
	defer func() {
		switch found := recover().(type) {
		case nil:
		case damage:
			line := 1 + bytes.Count(text[:min(d.at, len(text))], []byte("\n"))
			h, err = nil, fmt.Errorf("line %d: %w", line, found.error)
		default:
			panic(found)
		}
	}()
	return d.history(), nil
}

// damage is the decoder's panic value; decode recovers from it.
type damage struct{ error }

func fail(format string, args ...any) { panic(damage{fmt.Errorf(format, args...)}) }

var errForeign = errors.New("this is not a timing history")

type decoder struct {
	text    []byte
	at      int
	lastDay string // most days are the same
	last    day
}

func (d *decoder) history() *History {
	h := newHistory()
	foundFormat, foundVersion := false, false
	d.object(func(key string) {
		switch {
		case key == "format" && !foundFormat:
			if foundFormat = true; d.string() != format {
				panic(damage{errForeign})
			}
		case !foundFormat:
			panic(damage{errForeign})
		case key == "version" && !foundVersion:
			foundVersion = true
			if v := d.integer(math.MaxInt32); v != version {
				fail("it has version %d, but this gotestshard reads version %d", v, version)
			}
		case key == "packages" && len(h.packages) == 0:
			d.object(func(name string) {
				if _, twice := h.packages[name]; twice || !recordable(name) {
					fail("package %.99q is listed twice or is not a valid name", name)
				}
				h.packages[name] = d.packageTimes()
			})
		default:
			fail("unexpected key %.99q", key)
		}
	})
	if !foundFormat || !foundVersion {
		panic(damage{errForeign})
	}
	if d.space(); d.at < len(d.text) {
		fail("there is unexpected data after the end")
	}
	return h
}

func (d *decoder) packageTimes() *packageTimes {
	p := newPackageTimes()
	d.object(func(key string) {
		switch {
		case key == "seen" && p.seen == 0:
			p.seen = d.day()
		case key == "start" && p.start.n == 0:
			p.start = d.samples()
		case key == "package" && p.whole.n == 0:
			p.whole = d.samples()
		case key == "tests" && len(p.tests) == 0:
			d.object(func(name string) {
				if _, twice := p.tests[name]; twice || !recordable(name) {
					fail("test %.99q is listed twice or is not a valid name", name)
				}
				p.tests[name] = d.testTimes()
			})
		default:
			fail("unexpected key %.99q", key)
		}
	})
	if p.seen == 0 {
		fail("a package has no day on which it was last seen")
	}
	return p
}

func (d *decoder) testTimes() (t testTimes) {
	d.object(func(key string) {
		switch {
		case key == "seen" && t.seen == 0:
			t.seen = d.day()
		case key == "missed" && t.missed == 0:
			t.missed = uint8(d.integer(missedRuns))
		case key == "ms" && t.n == 0:
			t.samples = d.samples()
		default:
			fail("unexpected key %.99q", key)
		}
	})
	if t.seen == 0 {
		fail("a test has no day on which it was last seen")
	}
	return t
}

func (d *decoder) samples() (s samples) {
	d.expect('[')
	for !d.next(']') {
		if s.n > 0 {
			d.expect(',')
		}
		if s.n == keptSamples {
			fail("a list has more than %d samples", keptSamples)
		}
		ms := d.number()
		if ms < 0 || ms > float64(longest/time.Millisecond) {
			fail("a duration of %v ms is out of range", ms)
		}
		s.times[s.n] = int32(math.Round(ms * float64(time.Millisecond/tick)))
		s.n++
	}
	return s
}

func (d *decoder) day() day {
	text := d.string()
	if text != d.lastDay {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil || t.Unix() <= 0 {
			fail("%.99q is not a date", text)
		}
		d.lastDay, d.last = text, dayOf(t)
	}
	return d.last
}

// object calls member with each key; member reads the value.
func (d *decoder) object(member func(key string)) {
	d.expect('{')
	for first := true; !d.next('}'); first = false {
		if !first {
			d.expect(',')
		}
		key := d.string()
		d.expect(':')
		member(key)
	}
}

func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\n', '\r', '\t':
			d.at++
		default:
			return
		}
	}
}

// next skips c if it comes next.
func (d *decoder) next(c byte) bool {
	d.space()
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

func (d *decoder) expect(c byte) {
	if d.next(c) {
		return
	}
	if d.at == len(d.text) {
		fail("it ends too early")
	}
	fail("found %q instead of %q", d.text[d.at], c)
}

func (d *decoder) string() string {
	d.expect('"')
	start := d.at
	plain := true
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			d.at++
			if plain {
				return string(d.text[start : d.at-1])
			}
			var s string
			if err := json.Unmarshal(d.text[start-1:d.at], &s); err != nil {
				fail("invalid string: %w", err)
			}
			return s
		case c == '\\':
			plain = false
			d.at++
		case c < ' ' || c > '~':
			plain = false
		}
		d.at++
	}
	d.at = len(d.text)
	fail("it ends too early")
	return ""
}

// number reads a JSON number.
func (d *decoder) number() float64 {
	d.space()
	start := d.at
	for d.at < len(d.text) && bytes.IndexByte([]byte("+-.0123456789eE"), d.text[d.at]) >= 0 {
		d.at++
	}
	text := d.text[start:d.at]
	if !json.Valid(text) {
		fail("expected a number")
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		fail("a number is too large")
	}
	return n
}

func (d *decoder) integer(most int) int {
	n := d.number()
	if n < 0 || n > float64(most) || n != math.Trunc(n) {
		fail("expected a whole number up to %d instead of %v", most, n)
	}
	return int(n)
}
