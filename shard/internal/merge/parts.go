package merge

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// partFile is the result file of one part.
type partFile struct {
	name string
	result.Header
}

// ResultFiles replaces folders with the result files in them and in their subfolders: a CI
// may put the artifacts of each node into a separate folder.
func ResultFiles(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no file or folder %s: name files that --result wrote, or folders with them", name)
		case err != nil:
			return nil, fmt.Errorf("finding a result file: %w", err)
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		before := len(files)
		folder := name + string(filepath.Separator) // otherwise a link to a folder is not followed
		err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(path, result.Extension) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for result files in %s: %w", name, err)
		}
		if len(files) == before {
			return nil, fmt.Errorf("there is no *%s file in the folder %s: name the files that --result wrote", result.Extension, name)
		}
	}
	return files, nil
}

// openParts reads the headers of the files. It returns the file of each part, ordered by
// number, and notes about the other files. Files that do not belong to the same run cause an
// error.
func openParts(files []string, outputs []option.Output) (parts []partFile, notes []string, err error) {
	names, err := ResultFiles(files)
	if err != nil {
		return nil, nil, err
	}
	if err := refuseOverwriting(outputs, names); err != nil {
		return nil, nil, err
	}
	var unusable []error
	byPart := map[int][]partFile{}
	var first partFile
	seen := map[string]bool{}
	for _, name := range names {
		path := realName(name)
		if seen[path] {
			continue // for example, given by name and also in a given folder
		}
		seen[path] = true
		header, err := ReadHeader(name)
		switch {
		case errors.Is(err, result.ErrCut):
			notes = append(notes, fmt.Sprintf("%s ends before its header: its node was killed right after its start", name))
			continue
		case err != nil:
			unusable = append(unusable, fmt.Errorf("%s: %w", name, err))
			continue
		}
		file := partFile{name, header}
		if first.name == "" {
			first = file
		}
		switch {
		case file.Parts != first.Parts:
			unusable = append(unusable, fmt.Errorf("%s is part %d of %d, and %s is part %d of %d: give the files of one run",
				file.name, file.Part, file.Parts, first.name, first.Part, first.Parts))
		case file.Module != first.Module:
			unusable = append(unusable, fmt.Errorf("%s is of the module %s, and %s of %s: give the files of one run",
				file.name, cmp.Or(file.Module, "(none)"), first.name, cmp.Or(first.Module, "(none)")))
		}
		byPart[file.Part] = append(byPart[file.Part], file)
	}
	if len(unusable) > 0 {
		return nil, nil, errors.Join(unusable...)
	}
	for _, number := range slices.Sorted(maps.Keys(byPart)) {
		if err := oneOfEachAttempt(byPart[number]); err != nil {
			return nil, nil, err
		}
		last, note := lastAttempt(byPart[number])
		parts = append(parts, last)
		notes = append(notes, note...)
	}
	if len(parts) == 0 {
		return nil, nil, fmt.Errorf("there is nothing to merge: %s", strings.Join(notes, "; "))
	}
	notes = append(notes, otherAttempts(parts)...)
	notes = append(notes, otherCommits(parts)...)
	return parts, append(notes, leftOutNotes(parts)...), onePlan(parts)
}

// leftOut returns the packages that ran on no node on purpose.
func leftOut(parts []partFile) (names []string) {
	for _, part := range parts {
		if part.Changed != nil {
			names = append(names, part.Changed.LeftOut...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leftOutNotes returns a note about what ran on no node on purpose, and one about nodes that
// compared with another commit than the first.
func leftOutNotes(parts []partFile) (notes []string) {
	base := ""
	for _, part := range parts {
		if part.Changed == nil {
			continue
		}
		if base = cmp.Or(base, part.Changed.Base); part.Changed.Base != base {
			notes = append(notes, fmt.Sprintf("part %d was compared with %.12s, others with %.12s", part.Part, part.Changed.Base, base))
		}
	}
	if names := leftOut(parts); len(names) > 0 {
		notes = append(notes, fmt.Sprintf("%s left out on purpose (--changed): nothing that they depend on differs from %.12s", countedWere(len(names), "package"), base))
	}
	return notes
}

func countedWere(n int, noun string) string {
	verb := " were"
	if n == 1 {
		verb = " was"
	}
	return plain.Counted(n, noun) + verb
}

// otherAttempts returns notes about parts that are from an earlier attempt than others. They
// did not run again, or their nodes left no file when they did.
func otherAttempts(parts []partFile) (notes []string) {
	last := 0
	for _, part := range parts {
		last = max(last, part.Attempt)
	}
	for _, part := range parts {
		if part.Attempt > 0 && part.Attempt < last {
			notes = append(notes, fmt.Sprintf("part %d is of attempt %d, others are of attempt %d", part.Part, part.Attempt, last))
		}
	}
	return notes
}

// otherCommits returns notes about parts of another commit than the first part.
func otherCommits(parts []partFile) (notes []string) {
	first := parts[0]
	for _, part := range parts[1:] {
		if part.Origin.Commit != first.Origin.Commit && part.Origin.Commit != "" && first.Origin.Commit != "" {
			notes = append(notes, fmt.Sprintf("part %d is of commit %.12s, part %d is of commit %.12s",
				part.Part, part.Origin.Commit, first.Part, first.Origin.Commit))
		}
	}
	return notes
}

// realName returns the same name for each name of a file, which may contain links and may be
// relative.
func realName(name string) string {
	if full, err := filepath.Abs(name); err == nil {
		name = full
	}
	if followed, err := filepath.EvalSymlinks(name); err == nil {
		name = followed
	}
	return filepath.Clean(name)
}

// refuseOverwriting returns an error if a report would overwrite one of the files to merge,
// also under another name of the file. A report that does not exist yet overwrites nothing.
func refuseOverwriting(outputs []option.Output, names []string) error {
	var read []fs.FileInfo
	for _, name := range names {
		if info, err := os.Stat(name); err == nil { // otherwise reading the file reports the error
			read = append(read, info)
		}
	}
	for _, output := range outputs {
		own, err := os.Stat(output.File)
		if err == nil && slices.ContainsFunc(read, func(info fs.FileInfo) bool { return os.SameFile(own, info) }) {
			return fmt.Errorf("--%s would overwrite the result file %s; choose another file", output.Flag, output.File)
		}
	}
	return nil
}

// ReadHeader returns the header of a result file.
func ReadHeader(name string) (result.Header, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // opening a pipe would block
		return result.Header{}, errors.New("it is not a regular file, but it is read more than once; copy it to a regular file first")
	}
	in, err := os.Open(name)
	if err != nil {
		return result.Header{}, err
	}
	defer func() { _ = in.Close() }()
	reader, err := result.NewReader(in)
	if err != nil {
		return result.Header{}, err
	}
	return reader.Header, nil
}

// oneOfEachAttempt returns an error if two files have the same part and the same attempt, as
// far as the CI sets the attempt. Neither of them is a retry of the other, so ignoring one
// could hide a failure. A copy of a file is allowed, because it is the same run.
func oneOfEachAttempt(files []partFile) error {
	byAttempt := map[int]partFile{}
	for _, file := range files {
		other, ok := byAttempt[file.Attempt]
		if ok && file.Attempt > 0 && !file.Started.Equal(other.Started) {
			return fmt.Errorf("%s and %s are both of part %d of %d and of attempt %d of their job, so none is a retry: "+
				"give each node a part of its own with --partition, and merge what ran with other settings on its own",
				other.name, file.name, file.Part, file.Parts, file.Attempt)
		}
		byAttempt[file.Attempt] = file
	}
	return nil
}

// lastAttempt returns the file to use if a part has several, because its node was retried.
// This is the file of the last attempt. A file with an attempt takes precedence over one
// without. Among equal files, the one that started last is used.
func lastAttempt(files []partFile) (last partFile, notes []string) {
	slices.SortStableFunc(files, func(a, b partFile) int {
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), a.Started.Compare(b.Started))
	})
	last = files[len(files)-1]
	for _, file := range files[:len(files)-1] {
		note := fmt.Sprintf("part %d has several files: %s ran last and is used, %s is ignored", last.Part, last.name, file.name)
		if last.Attempt > 0 && file.Attempt == 0 { // regardless of which one ran last
			note = fmt.Sprintf("part %d has several files: %s of attempt %d of its job is used, %s without an attempt is ignored",
				last.Part, last.name, last.Attempt, file.name)
		}
		notes = append(notes, note)
	}
	return last, notes
}

// onePlan returns an error if the parts have different plans: then a test may be in none of
// the parts, or in two. A node that failed before it had a plan has no digest.
func onePlan(parts []partFile) error {
	byDigest := map[string][]string{}
	for _, part := range parts {
		if part.Digest != "" {
			byDigest[part.Digest] = append(byDigest[part.Digest], part.name)
		}
	}
	if len(byDigest) < 2 {
		return nil
	}
	var plans []string
	for _, digest := range slices.Sorted(maps.Keys(byDigest)) {
		plans = append(plans, fmt.Sprintf("\n    plan %.12s: %s", digest, strings.Join(byDigest[digest], ", ")))
	}
	return fmt.Errorf("the parts have different plans, so tests may have run twice or not at all:%s\n"+
		"run all nodes with the same commit, flags, version of gotestshard and timing file", strings.Join(plans, ""))
}
