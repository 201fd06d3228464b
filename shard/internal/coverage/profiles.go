// Package coverage adds up coverage profiles. Profiles of the processes of one test
// binary are joined line by line, in the binary's order, so that the sum looks like the
// profile of one process and half a profile is noticed. Profiles of whole runs, which
// need not list the same code, are added with package cover of x/tools and sorted.
package coverage

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"golang.org/x/tools/cover"
)

// Profiles are the sum of coverage profiles.
type Profiles struct {
	// Mode is set, count or atomic, and empty before the first profile.
	Mode  string
	files map[string]map[cover.ProfileBlock]int // counts by the block without its count
}

// Add adds the counts of a profile, and code that only that profile has. A profile that
// cannot be read or has another mode is not added at all.
func (p *Profiles) Add(profile io.Reader) error {
	files, err := cover.ParseProfilesFromReader(profile)
	if err != nil {
		return err
	}
	for _, file := range files {
		if p.Mode != "" && file.Mode != p.Mode {
			return fmt.Errorf("a coverage profile of mode %s cannot be added to one of mode %s; use the same -covermode for both", file.Mode, p.Mode)
		}
		p.Mode = file.Mode
	}
	if p.files == nil {
		p.files = map[string]map[cover.ProfileBlock]int{}
	}
	for _, file := range files {
		counts := p.files[file.FileName]
		if counts == nil {
			counts = make(map[cover.ProfileBlock]int, len(file.Blocks))
			p.files[file.FileName] = counts
		}
		for _, block := range file.Blocks {
			count := block.Count
			block.Count = 0
			if p.Mode == "set" {
				counts[block] |= count
			} else {
				counts[block] += count
			}
		}
	}
	return nil
}

// Percent returns the covered percentage of a package's statements, false if the profiles
// have none of them.
func (p *Profiles) Percent(pkg string) (percent string, ok bool) {
	var sum statements
	for file, counts := range p.files {
		if path.Dir(file) != pkg {
			continue
		}
		for block, count := range counts {
			sum.add(int64(block.NumStmt), count > 0)
		}
	}
	return sum.percent(), sum.all > 0
}

// WriteFile writes the sum, sorted by file and place.
func (p *Profiles) WriteFile(name string) error {
	return write(name, p.Mode, func(w io.Writer) {
		for _, name := range slices.Sorted(maps.Keys(p.files)) {
			counts := p.files[name]
			blocks := slices.SortedFunc(maps.Keys(counts), func(a, b cover.ProfileBlock) int {
				return cmp.Or(cmp.Compare(a.StartLine, b.StartLine), cmp.Compare(a.StartCol, b.StartCol),
					cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndCol, b.EndCol), cmp.Compare(a.NumStmt, b.NumStmt))
			})
			for _, b := range blocks {
				_, _ = fmt.Fprintf(w, "%s:%d.%d,%d.%d %d %d\n", name, b.StartLine, b.StartCol, b.EndLine, b.EndCol, b.NumStmt, counts[b])
			}
		}
	})
}

// Merge adds the counts of further coverage profiles to the one in the file into. A process
// that crashed has left no profile.
func Merge(into string, names []string) error {
	var all Profiles
	for _, name := range append([]string{into}, names...) {
		if isEmpty(name) {
			continue
		}
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = all.Add(file)
		_ = file.Close() // only read
		if err != nil {
			return err
		}
	}
	if all.Mode == "" {
		return nil
	}
	return all.WriteFile(into)
}

func isEmpty(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Size() == 0
}
