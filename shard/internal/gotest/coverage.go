package gotest

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/cover"
)

// Coverage is where a test process that the go command did not start writes its
// coverage.
type Coverage struct {
	// Profile is the file of its -test.coverprofile, empty for none.
	Profile string
	dir     string // of -test.gocoverdir, empty for none
}

// Env is what the process needs in its environment, where the go command sets
// the same.
func (c Coverage) Env() []string {
	if c.dir == "" {
		return nil
	}
	return []string{"GOCOVERDIR=" + c.dir}
}

// SeparateCoverage has a test binary that is run again write its coverage into a
// new folder within dir, which gets what the go command has put into the old one,
// unless that is gone. A folder that is the user's own comes later in args and
// stays.
func SeparateCoverage(dir string, args []string) ([]string, Coverage, error) {
	args = slices.Clone(args)
	var coverage Coverage
	replace := func(flag string) (string, error) {
		i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, flag) })
		if i < 0 {
			return "", nil
		}
		name, err := os.MkdirTemp(dir, "coverage-")
		if err != nil {
			return "", err
		}
		if err := copyMetaFiles(strings.TrimPrefix(args[i], flag), name); err != nil {
			return "", err
		}
		args[i] = flag + name
		return name, nil
	}
	var err error
	if coverage.dir, err = replace("-test.gocoverdir="); err != nil {
		return nil, coverage, err
	}
	folder, err := replace("-test.coverprofile=")
	if err != nil || folder == "" {
		return args, coverage, err
	}
	coverage.Profile = folder + "/profile"
	i := slices.Index(args, "-test.coverprofile="+folder)
	args[i] = "-test.coverprofile=" + coverage.Profile
	return args, coverage, nil
}

// metaFiles is the file in the folder of -test.gocoverdir in which the go command
// tells a test binary of the packages of -coverpkg that are not linked into it
// (internal/coverage, MetaFilesFileName).
const metaFiles = "metafiles.txt"

func copyMetaFiles(from, to string) error {
	content, err := os.ReadFile(filepath.Join(from, metaFiles))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, metaFiles), content, 0o600)
}

// MergeProfiles adds the counts of further coverage profiles to the one in the
// file named into. A process that crashed has left none.
func MergeProfiles(into string, names []string) error {
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
		_ = file.Close() // it was read
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

// Profiles are the sum of coverage profiles.
type Profiles struct {
	// Mode is set, count or atomic, and empty before the first profile.
	Mode  string
	files map[string]map[cover.ProfileBlock]int // counts by the block without one
}

// Add adds the counts of a profile, and what only that has. Nothing is added of
// one that cannot be read or has another mode.
func (p *Profiles) Add(profile io.Reader) error {
	files, err := cover.ParseProfilesFromReader(profile)
	if err != nil {
		return err
	}
	for _, file := range files {
		if p.Mode != "" && file.Mode != p.Mode {
			return fmt.Errorf("a coverage profile of the mode %s cannot be added to one of the mode %s: use one -covermode", file.Mode, p.Mode)
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

// Percent returns how much of the statements of a package is covered, false when
// it has none in the profiles.
func (p *Profiles) Percent(pkg string) (percent float64, ok bool) {
	covered, all := 0, 0
	for file, counts := range p.files {
		if path.Dir(file) != pkg {
			continue
		}
		for block, count := range counts {
			all += block.NumStmt
			if count > 0 {
				covered += block.NumStmt
			}
		}
	}
	return 100 * float64(covered) / float64(max(all, 1)), all > 0
}

// WriteFile writes the sum, sorted by file and place.
func (p *Profiles) WriteFile(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	_, _ = fmt.Fprintf(w, "mode: %s\n", p.Mode) // w keeps its first error
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
	return errors.Join(w.Flush(), file.Close())
}
