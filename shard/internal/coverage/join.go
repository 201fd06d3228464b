package coverage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
)

// Join adds up the profiles of the processes of one test binary. They list the same code
// in the same order, so the sum looks like the profile of one process. It is written to
// the file into, unless that is empty. Join returns its percentage as testing prints it,
// empty without any profile. A process that crashed has left no profile, or an empty one.
// Half a profile is an error, because the missing part would count as not covered.
func Join(into string, names []string) (percent string, err error) {
	mode := ""
	var order []string // the part of a line before its count
	counts := map[string]uint64{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		started := false
		for line := range strings.Lines(string(content)) {
			if value, ok := strings.CutPrefix(line, "mode: "); ok && !started {
				started, mode = true, strings.TrimSpace(value)
				continue
			}
			code, count, ok := profileLine(line)
			if !ok || !started {
				return "", fmt.Errorf("%s: the line %q is not a line of a coverage profile", name, line)
			}
			sum, known := counts[code]
			if !known {
				order = append(order, code)
			}
			switch {
			case mode == "set":
				sum |= count
			case sum+count > math.MaxUint32: // same limit as internal/coverage
				sum = math.MaxUint32
			default:
				sum += count
			}
			counts[code] = sum
		}
	}
	if mode == "" {
		return "", nil
	}
	if into != "" {
		err := write(into, mode, func(w io.Writer) {
			for _, code := range order {
				_, _ = fmt.Fprintf(w, "%s %d\n", code, counts[code])
			}
		})
		if err != nil {
			return "", err
		}
	}
	var sum statements
	for _, code := range order {
		number, _ := statementsOf(code) // was checked before
		sum.add(number, counts[code] > 0)
	}
	return sum.percent(), nil
}

// profileLine splits a line of a profile, "a.go:1.2,3.4 5 6", where 5 is the number of
// statements and 6 the count.
func profileLine(line string) (code string, count uint64, ok bool) {
	whole, ended := strings.CutSuffix(line, "\n")
	code, text := cutLast(strings.TrimSuffix(whole, "\r"))
	count, err := strconv.ParseUint(text, 10, 64)
	_, numErr := statementsOf(code)
	return code, count, ended && err == nil && numErr == nil
}

// statementsOf returns the number of statements of code.
func statementsOf(code string) (int64, error) {
	_, text := cutLast(code)
	number, err := strconv.ParseUint(text, 10, 32)
	return int64(number), err
}

// cutLast splits text at its last space.
func cutLast(text string) (before, after string) {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i+1:]
}
