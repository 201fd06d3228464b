package lines

// Pieces is an io.Reader of pieces that a function makes, one after another. A Read
// returns what is left of one piece and no more, so that who handles it before reading on
// can ask where it came from.
type Pieces struct {
	next func() ([]byte, error)
	rest []byte
}

// NewPieces returns a reader of what next returns. A piece is read to its end before next
// is called again, which may use its memory then; with an error there is no piece.
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
