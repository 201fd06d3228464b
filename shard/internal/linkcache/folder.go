package linkcache

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// folder has one file for each kept program: the program, a note in JSON, the length of the
// note, and the mark. Runs share it without a lock: a file is complete when it gets its name,
// and it does not matter which of two runs gives it, or removes it.
type folder struct {
	dir  string
	most int64 // bytes
}

const (
	suffix    = ".link" // of a kept program, after its key
	newSuffix = ".new-" // of one that is not complete
	mark      = "gtslink1"
	// unsupported is a file that says that the external linker does not report what it reads,
	// for a day.
	unsupported = "no-dependency-file"
)

// abandoned is after how long a file that is not complete is left over from a killed run.
const abandoned = time.Hour

// note describes a kept program.
type note struct {
	Size  int64   `json:"size"`
	Sum   string  `json:"sha256"`
	Reads []input `json:"reads,omitempty"`
}

// input is a file that an external linker has read. It is the same if its size and time are.
type input struct {
	File string `json:"file"`
	Size int64  `json:"size"`
	Time int64  `json:"time"` // Unix time in nanoseconds
}

func stat(file string) (input, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return input{}, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return input{}, err
	}
	return input{File: file, Size: info.Size(), Time: info.ModTime().UnixNano()}, nil
}

func (f folder) name(key string) string { return filepath.Join(f.dir, key+suffix) }

// take copies a kept program to output, which is not there if it returns false. A damaged one
// is removed.
func (f folder) take(key, output string) bool {
	kept, err := os.Open(f.name(key))
	if err != nil {
		return false
	}
	defer func() { _ = kept.Close() }()
	n, err := readNote(kept)
	if err == nil {
		if slices.ContainsFunc(n.Reads, func(was input) bool { is, err := stat(was.File); return err != nil || is != was }) {
			return false // it is linked again, and replaced
		}
		err = n.copy(kept, output)
	}
	switch {
	case errors.Is(err, errDamaged):
		_, _ = kept.Close(), os.Remove(f.name(key)) // on Windows only a closed file can be removed
		return false
	case err != nil:
		return false
	}
	_ = os.Chtimes(f.name(key), time.Time{}, time.Now()) // the least recently used go first
	return true
}

var errDamaged = errors.New("the kept program is damaged")

// readNote reads the note at the end of a kept program.
func readNote(kept *os.File) (note, error) {
	info, err := kept.Stat()
	if err != nil {
		return note{}, err
	}
	tail := make([]byte, 8+len(mark))
	if _, err := kept.ReadAt(tail, max(0, info.Size()-int64(len(tail)))); err != nil || string(tail[8:]) != mark {
		return note{}, errDamaged
	}
	length := binary.BigEndian.Uint64(tail)
	begin := info.Size() - int64(len(tail)) - int64(min(length, 1<<30))
	if begin < 0 {
		return note{}, errDamaged
	}
	text := make([]byte, info.Size()-int64(len(tail))-begin)
	if _, err := kept.ReadAt(text, begin); err != nil {
		return note{}, errDamaged
	}
	var n note
	if err := json.Unmarshal(text, &n); err != nil || n.Size != begin {
		return note{}, errDamaged
	}
	return n, nil
}

// copy copies the program to output and checks it there. With an error there is no output.
func (n note) copy(kept *os.File, output string) error {
	_ = os.Remove(output)
	out, err := duplicate(kept, output)
	if err != nil {
		return err
	}
	err = out.Truncate(n.Size)
	if err == nil {
		err = n.check(out)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		_ = os.Remove(output)
	}
	return err
}

// copyFile copies a file to a new one. Where the file system can, both share their blocks
// (copy_file_range on Linux).
func copyFile(from *os.File, to string) (*os.File, error) {
	out, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o775) // as the linker does
	if err != nil {
		return nil, err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(err, out.Close(), os.Remove(to))
	}
	if _, err := io.Copy(out, from); err != nil { // such as a full disk
		return nil, errors.Join(err, out.Close(), os.Remove(to))
	}
	return out, nil
}

func (n note) check(program *os.File) error {
	sum, err := sumOf(program)
	if err == nil && sum != n.Sum {
		err = errDamaged
	}
	return err
}

// sumOf returns the SHA-256 of a whole file.
func sumOf(file *os.File) (string, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{file}, make([]byte, 1<<18)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// put keeps a program, if there is room for it, and removes others to make that room.
func (f folder) put(key, program string, reads []input) {
	info, err := os.Stat(program)
	if err != nil || info.Size() > f.most || os.MkdirAll(f.dir, 0o700) != nil {
		return
	}
	name, err := f.write(key, program, reads)
	if err == nil {
		err = os.Rename(name, f.name(key))
	}
	if err != nil && name != "" {
		_ = os.Remove(name)
	}
	f.removeSurplus()
}

// write writes a program with its note to a new file and returns its name, also with an error.
func (f folder) write(key, program string, reads []input) (name string, err error) {
	from, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	file, err := os.CreateTemp(f.dir, key+newSuffix+"*") // with mode 0600
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	n := note{Reads: reads}
	if n.Size, err = io.Copy(file, from); err != nil {
		return file.Name(), err
	}
	if n.Sum, err = sumOf(file); err != nil {
		return file.Name(), err
	}
	text, err := json.Marshal(n)
	if err != nil {
		return file.Name(), err
	}
	text = append(binary.BigEndian.AppendUint64(text, uint64(len(text))), mark...)
	_, err = file.Write(text)
	return file.Name(), err
}

// entry is a file in the folder.
type entry struct {
	name string
	size int64
	used time.Time
}

// removeSurplus removes what is too much, and what killed runs have left.
func (f folder) removeSurplus() {
	files, err := os.ReadDir(f.dir)
	if err != nil {
		return
	}
	var entries []entry
	for _, file := range files {
		if info, err := file.Info(); err == nil { // otherwise another run has removed it
			entries = append(entries, entry{file.Name(), info.Size(), info.ModTime()})
		}
	}
	for _, name := range surplus(entries, time.Now(), f.most) {
		_ = os.Remove(filepath.Join(f.dir, name))
	}
}

// surplus returns the files to remove, so that the kept programs have at most that many bytes:
// the least recently used, and abandoned ones that are not complete. It leaves other files
// alone, which the user may have in the folder.
func surplus(entries []entry, now time.Time, most int64) (names []string) {
	var kept []entry
	var total int64
	for _, e := range entries {
		key, rest, _ := strings.Cut(e.name, ".")
		rest = "." + rest
		switch {
		case !isSum(key):
		case rest == suffix:
			kept = append(kept, e)
			total += e.size
		case strings.HasPrefix(rest, newSuffix) && now.Sub(e.used) > abandoned:
			names = append(names, e.name)
		}
	}
	slices.SortFunc(kept, func(a, b entry) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.name, b.name)) })
	for _, e := range kept {
		if total <= most {
			break
		}
		names = append(names, e.name)
		total -= e.size
	}
	return names
}

// asks reports whether the external linker is to report what it reads.
func (f folder) asks() bool {
	info, err := os.Stat(filepath.Join(f.dir, unsupported))
	return err != nil || time.Since(info.ModTime()) > 24*time.Hour
}

// asksNoMore notes that it cannot.
func (f folder) asksNoMore() {
	if os.MkdirAll(f.dir, 0o700) == nil {
		_ = os.WriteFile(filepath.Join(f.dir, unsupported), nil, 0o600)
	}
}
