package uncached

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// modTimeCutoff is how old a file must be when the result of a test that read it is kept
// (cmd/go/internal/test, hashOpen).
const modTimeCutoff = 2 * time.Second

// logTitle is the first line of a log of what a test read.
const logTitle = "# test log\n"

// The operations in such a log.
const (
	opEnv   = "getenv"
	opChdir = "chdir"
	opStat  = "stat"
	opOpen  = "open"
)

// input is something that a test read, as far as it is part of the key of the result
// (cmd/go/internal/test, computeTestInputsID).
type input struct {
	Op      string
	Name    string          // a variable, or an absolute path
	Value   string          `json:",omitempty"` // state.secret
	Look    *look           `json:",omitempty"`
	Link    *look           `json:",omitempty"` // if it is a symbolic link
	Content string          `json:",omitempty"` // a hash, empty if it is not known
	Entries map[string]look `json:",omitempty"` // of a folder that was read
	More    bool            `json:",omitempty"` // there were more of them
	// Outside is whether it is in the repository but not in the module, so that the go command
	// does not look at it.
	Outside bool `json:",omitempty"`
}

// look is how a file looks to the go command.
type look struct {
	Size int64       `json:",omitempty"` // in bytes
	Mode fs.FileMode `json:",omitempty"`
	Time int64       `json:",omitempty"` // of the last modification, in nanoseconds
	Err  string      `json:",omitempty"`
}

func lookOf(info fs.FileInfo, err error) look {
	if err != nil {
		return look{Err: err.Error()}
	}
	return look{Size: info.Size(), Mode: info.Mode(), Time: info.ModTime().UnixNano()}
}

// readInputs adds to a state what the tests have read.
func (w *Watch) readInputs(s *state, log string) {
	text, err := os.ReadFile(log)
	if err != nil || !bytes.HasPrefix(text, []byte(logTitle)) || text[len(text)-1] != '\n' {
		s.Lost = true
		return
	}
	seen := map[string]bool{}
	module := newRoot(moduleRoot(s.Dir))
	s.Root = repositoryRoot(s.Dir)
	repository := newRoot(s.Root)
	for op, name := range logged(text, s.Dir) {
		if seen[op+" "+name] {
			continue
		}
		seen[op+" "+name] = true
		if base := filepath.Base(name); op == opOpen && len(s.Programs) < mostPrograms && !slices.Contains(s.Programs, base) && isProgram(name) {
			s.Programs = append(s.Programs, base)
		}
		isFile := op == opStat || op == opOpen
		outside := isFile && !module.has(name)
		if outside && !repository.has(name) {
			continue // the go command does not look at it either
		}
		if len(s.Inputs) == mostInputs {
			s.More = true
			continue
		}
		in := w.input(op, name, *s)
		in.Outside = outside
		if age := s.Time.UnixNano() - in.modified(); op == opOpen && !outside && in.Look.Err == "" && in.Look.Mode.IsRegular() && age < int64(modTimeCutoff) {
			s.Early = name
		}
		s.Inputs = append(s.Inputs, in)
	}
}

// modified is the time of the last modification in nanoseconds.
func (in input) modified() int64 {
	if in.Look == nil {
		return 0
	}
	return in.Look.Time
}

// logged yields the operations of a log that is complete, and GODEBUG, which the go command adds.
// dir is the working directory at its beginning.
func logged(log []byte, dir string) func(yield func(op, name string) bool) {
	return func(yield func(op, name string) bool) {
		if !yield(opEnv, "GODEBUG") {
			return
		}
		for line := range strings.Lines(strings.TrimPrefix(string(log), logTitle)) {
			op, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			switch {
			case !ok:
				continue
			case op == opChdir:
				dir = name
			case op == opEnv:
			case !filepath.IsAbs(name):
				name = filepath.Join(dir, name)
			}
			if !yield(op, name) {
				return
			}
		}
	}
}

// input returns how something looks now. The hashes have the key of a state.
func (w *Watch) input(op, name string, s state) input {
	in := input{Op: op, Name: name}
	if op == opEnv {
		value, ok := w.env[name]
		in.Value = s.secret(value, ok)
		return in
	}
	info, err := os.Stat(name)
	seen := lookOf(info, err)
	in.Look = &seen
	if op != opOpen {
		if link := lookOf(os.Lstat(name)); link != seen && link.Err == "" {
			in.Link = &link
		}
	}
	switch {
	case err != nil:
	case info.Mode().IsRegular():
		in.Content = w.contentOf(name, seen)
	case info.IsDir() && op == opOpen:
		in.Entries = map[string]look{}
		entries, _ := os.ReadDir(name)
		for _, entry := range entries {
			if len(in.Entries) == mostEntries {
				in.More = true
				break
			}
			in.Entries[entry.Name()] = lookOf(entry.Info())
		}
	}
	return in
}

// content is the hash of a file that had some look.
type content struct {
	look look
	hash string
}

// contentOf returns a hash of what is in a file, empty if that would take too long.
func (w *Watch) contentOf(name string, l look) string {
	w.mu.Lock()
	known, ok := w.contents[name]
	if ok && known.look == l {
		w.mu.Unlock()
		return known.hash
	}
	if l.Size > mostContent || w.hashed+l.Size > mostHashed {
		w.mu.Unlock()
		return ""
	}
	w.hashed += l.Size
	w.mu.Unlock()
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(file, mostContent)); err != nil {
		return ""
	}
	text := base64.RawStdEncoding.EncodeToString(hash.Sum(nil)[:12])
	w.mu.Lock()
	defer w.mu.Unlock()
	w.contents[name] = content{l, text}
	return text
}

// root is a folder, also by its path without symbolic links.
type root struct{ path, real string }

func newRoot(path string) root {
	real, err := filepath.EvalSymlinks(path)
	if path == "" || err != nil {
		real = path
	}
	return root{path, real}
}

// has reports whether a file is in the folder, lexically or without links (cmd/go/internal/search,
// InDir).
func (r root) has(name string) bool {
	if r.path == "" {
		return false
	}
	if within(name, r.path) || within(name, r.real) {
		return true
	}
	real, err := filepath.EvalSymlinks(name)
	return err == nil && (within(real, r.path) || within(real, r.real))
}

func within(name, dir string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
