package text

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// early holds what processes printed before their first framing line, such as
// "connecting to db". Equal texts are written once. Text of the first process is written
// at once, so that a person sees what it waits for. Text of another process that has
// reached its first test is held as long as the first process may still print the same.
type early struct {
	said  map[[sha256.Size]byte]*saying
	later []*saying // with text, in the order in which they were printed
	held  int       // the bytes of those texts
}

func newEarly() early { return early{said: map[[sha256.Size]byte]*saying{}} }

// saying is one such text.
type saying struct {
	begins string // its first non-blank line, shortened
	ends   string // its last line, empty if there is only one
	lines  int
	count  int    // how many processes printed it
	test   bool   // whether one of them reached a test
	text   []byte // set while it waits for the first process
}

// add counts a text that a process printed. known reports whether another process
// printed it before.
func (e *early) add(text []byte, test bool) (s *saying, known bool) {
	sum := sha256.Sum256(text)
	s, known = e.said[sum]
	if !known {
		s = newSaying(text)
		e.said[sum] = s
	}
	s.count++
	s.test = s.test || test
	return s, known
}

// newSaying returns a new text.
func newSaying(text []byte) *saying {
	s := &saying{lines: bytes.Count(text, []byte("\n"))}
	if !bytes.HasSuffix(text, []byte("\n")) {
		s.lines++
	}
	text = bytes.TrimSpace(text)
	if end := bytes.IndexByte(text, '\n'); end < 0 {
		s.begins = shortened(text)
	} else {
		s.begins, s.ends = shortened(text[:end]), shortened(text[bytes.LastIndexByte(text, '\n')+1:])
	}
	return s
}

// shortened returns a line as the note shows it, without surrounding space.
func shortened(line []byte) string {
	const longest = 22 // runes, so that the note is not too long
	runes := bytes.Runes(bytes.TrimSpace(line[:min(len(line), (longest+1)*utf8.UTFMax)]))
	if len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return string(runes)
}

// notes lists the texts that several processes printed, if one of them reached a test.
// Their order of arrival is random, so they are sorted by text.
func (e *early) notes() string {
	var notes strings.Builder
	sayings := slices.Collect(maps.Values(e.said))
	slices.SortFunc(sayings, func(a, b *saying) int {
		return cmp.Or(strings.Compare(a.begins, b.begins), strings.Compare(a.ends, b.ends),
			cmp.Compare(a.lines, b.lines), cmp.Compare(a.count, b.count))
	})
	for _, s := range sayings {
		if s.count < 2 || !s.test || s.begins == "" {
			continue
		}
		what := fmt.Sprintf("%q", s.begins)
		if s.ends != "" {
			what = fmt.Sprintf("%q to %q, %d lines", s.begins, s.ends, s.lines)
		}
		notes.WriteString(PackageNote(fmt.Sprintf("%d test processes printed this before their first test, and it is shown once: %s", s.count, what)))
	}
	return notes.String()
}

// sayEarly is called at the first framing line of a process. It drops the text before
// that line from the held output if another process already printed it. merge.mu is
// held, also in the functions below.
func (p *Process) sayEarly() {
	m := p.merge
	said, ok := p.earlyWords()
	var s *saying
	known := false
	if ok {
		s, known = m.early.add(said, true)
	}
	switch {
	case p == m.first:
		m.sayLater(true)
		p.before = nil
	case ok && (known || m.wait(s, said)):
		p.held = p.held[:0]
	}
}

// earlyWords returns what a process printed before its first framing line. It is not ok
// if that is empty or longer than what is kept.
func (p *Process) earlyWords() (said []byte, ok bool) {
	switch {
	case p.early:
		said = p.held
	case p == p.merge.first:
		said = p.before
	}
	return said, 0 < len(said) && len(said) < maxHeldEnd
}

// wait reports whether a text of another process waits for the first one, which may
// still print the same.
func (m *Merge) wait(s *saying, said []byte) bool {
	first := m.first
	if first.began || first.over || !bytes.HasPrefix(said, first.before) || m.early.held+len(said) > maxHeldEnd {
		return false
	}
	s.text = bytes.Clone(said)
	m.early.later = append(m.early.later, s)
	m.early.held += len(said)
	return true
}

// sayLater writes the texts that wait for the first process, except those that it has
// printed or may still print. With all, it will print nothing more before its first
// test.
func (m *Merge) sayLater(all bool) {
	first := m.first
	m.early.later = slices.DeleteFunc(m.early.later, func(s *saying) bool {
		switch {
		case !all && bytes.HasPrefix(s.text, first.before):
			return false
		case !bytes.Equal(s.text, first.before):
			m.give(nil, "")
			first.releaseText(s.text)
		}
		m.early.held -= len(s.text)
		s.text = nil
		return true
	})
}

// endSilent drops the text of a process without a framing line if another process
// printed it before, including one that reached a test. merge.mu is held.
func (p *Process) endSilent() {
	said := p.before
	if p.early {
		said = p.held
	}
	if p.began || len(said) == 0 {
		return
	}
	known := false
	if words, ok := p.earlyWords(); ok {
		_, known = p.merge.early.add(words, false)
	}
	key := lastWords(said)
	if p.early && (known || p.merge.silent[key]) {
		p.held = p.held[:0]
	}
	p.merge.silent[key] = true
}
