package lines

// Pieces is an io.Reader of pieces that a function returns one after another. A Read
// returns data from one piece only, so that a caller that handles it before the next Read
// can find out where it came from.
type Pieces struct {
	next func() ([]byte, error)
	rest []byte
}

// NewPieces returns a reader of what next returns. A piece is read to its end before next
// is called again, which may then reuse its memory. With an error there is no piece.
func NewPieces(next func() ([]byte, error)) *Pieces { return &Pieces{next: next} }

// Read implements io.Reader.
func (p *Pieces) Read(into []byte) (int, error) {
	for len(p.rest) == 0 {
		var err error
		if p.rest, err = p.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
