package gotest

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	merged := map[string]*cover.Profile{}
	mode := ""
	for _, name := range append([]string{into}, names...) {
		profiles, err := cover.ParseProfiles(name)
		if errors.Is(err, fs.ErrNotExist) || isEmpty(name) {
			continue
		}
		if err != nil {
			return err
		}
		for _, p := range profiles {
			mode = p.Mode
			if all := merged[p.FileName]; all != nil {
				all.Blocks = addBlocks(all.Blocks, p.Blocks, mode)
				continue
			}
			merged[p.FileName] = p
		}
	}
	if len(merged) == 0 {
		return nil
	}
	return writeProfile(into, mode, merged)
}

func isEmpty(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Size() == 0
}

// addBlocks adds the counts of the same code, and what only one of them has.
func addBlocks(a, b []cover.ProfileBlock, mode string) []cover.ProfileBlock {
	index := map[cover.ProfileBlock]int{} // by the block without its count
	for i, block := range a {
		block.Count = 0
		index[block] = i
	}
	for _, block := range b {
		count := block.Count
		block.Count = 0
		i, ok := index[block]
		switch {
		case !ok:
			block.Count = count
			a = append(a, block)
		case mode == "set":
			a[i].Count |= count
		default:
			a[i].Count += count
		}
	}
	return a
}

func writeProfile(name, mode string, profiles map[string]*cover.Profile) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	_, _ = fmt.Fprintf(w, "mode: %s\n", mode) // w keeps its first error
	var files []string
	for file := range profiles {
		files = append(files, file)
	}
	slices.Sort(files)
	for _, file := range files {
		for _, b := range profiles[file].Blocks {
			_, _ = fmt.Fprintf(w, "%s:%d.%d,%d.%d %d %d\n", file, b.StartLine, b.StartCol, b.EndLine, b.EndCol, b.NumStmt, b.Count)
		}
	}
	return errors.Join(w.Flush(), file.Close())
}
