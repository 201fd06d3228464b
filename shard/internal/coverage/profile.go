package coverage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// statements is the number of statements and how many of them are covered.
type statements struct{ all, covered int64 }

func (s *statements) add(number int64, covered bool) {
	s.all += number
	if covered {
		s.covered += number
	}
}

// percent returns the percentage in the form of testing (internal/coverage/cformat).
func (s statements) percent() string {
	if s.all == 0 {
		return "[no statements]"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(s.covered)/float64(s.all))
}

// write writes a profile; lines writes the lines after the mode. It may ignore errors,
// because the first one is kept.
func write(name, mode string, lines func(io.Writer)) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	_, _ = fmt.Fprintf(w, "mode: %s\n", mode)
	lines(w)
	return errors.Join(w.Flush(), file.Close())
}
