package history

import "time"

// Parse reads the text of a history that is not in a file. An empty text is an empty history.
func Parse(text []byte) (*History, error) {
	if len(text) == 0 {
		return newHistory(), nil
	}
	return decode(text)
}

// Merged returns the text of a history with the run added, as Save does with a file: merged, and
// without what is old. It has at most that many bytes. Unless the run is the
// Last, it can be merged again with another text.
func (r *Run) Merged(text []byte, now time.Time, most int) ([]byte, error) {
	h, err := Parse(text)
	if err != nil {
		return nil, err
	}
	today := dayOf(now)
	h.merge(r, today)
	h.expire(today)
	return h.encodeWithin(mostTests, min(most, mostBytes)), nil
}
