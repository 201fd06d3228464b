package gotest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/coverage"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Parts are the files that each process of one test binary writes instead of a single
// process: the coverage, and the log of what the tests read, by which the go command knows
// whether a cached result is still valid. Several goroutines may call its methods.
type Parts struct {
	workDir string // the test's
	temp    string // of all parts, removed by Close
	log     string // where the go command looks for the log, empty for nowhere
	profile string // where it looks for the coverage profile, empty for nowhere
	cover   bool

	mu       sync.Mutex
	logs     []string
	profiles []string
}

// NewParts returns the parts of a test binary with args that runs in workDir. Close must be
// called to remove them.
func NewParts(args []string, workDir string) (*Parts, error) {
	dir, err := temp.Dir("", "gotestshard-parts-")
	if err != nil {
		return nil, err
	}
	p := &Parts{workDir: workDir, temp: dir}
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, LogFlag); ok && p.log == "" {
			p.log = value
		}
		if value, ok := strings.CutPrefix(arg, profileFlag); ok && p.profile == "" {
			p.profile = value
		}
		p.cover = p.cover || strings.HasPrefix(arg, coverFlag) || strings.HasPrefix(arg, profileFlag)
	}
	return p, nil
}

// Process returns the arguments and the additional environment of one process, with its own
// files.
func (p *Parts) Process(args []string) (own, env []string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	own = slices.Clone(args)
	if i := slices.IndexFunc(own, func(arg string) bool { return strings.HasPrefix(arg, LogFlag) }); i >= 0 {
		name := filepath.Join(p.temp, fmt.Sprintf("testlog-%d.txt", len(p.logs)))
		p.logs = append(p.logs, name)
		own[i] = LogFlag + name
	}
	if !p.cover {
		return own, nil, nil
	}
	if p.profile == "" { // otherwise each process would print the percentage of its own tests
		own = slices.Insert(own, 0, profileFlag)
	}
	own, files, err := SeparateCoverage(p.temp, own)
	if err != nil {
		return nil, nil, fmt.Errorf("creating a folder for the coverage of a test process: %w", err)
	}
	p.profiles = append(p.profiles, files.Profile)
	return own, files.Env(), nil
}

// Join writes the joined files of all processes to the places where the go command looks
// for them. It returns the percentage of statements that they covered, as testing prints
// it: "12.3%", "[no statements]", or empty without coverage.
func (p *Parts) Join() (percent string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.joinLogs()
	if !p.cover {
		return "", err
	}
	percent, profileErr := coverage.Join(p.profile, p.profiles)
	if profileErr != nil {
		profileErr = fmt.Errorf("joining the coverage of test processes: %w", profileErr)
	}
	return percent, errors.Join(err, profileErr)
}

// Close removes the parts.
func (p *Parts) Close() error { return os.RemoveAll(p.temp) }

// joinLogs writes one log in place of those of the processes (testing, testlog.go; the go
// command reads it line by line and follows chdir). A killed process leaves half a log, but
// then there is no result to cache.
func (p *Parts) joinLogs() error {
	if p.log == "" {
		return nil
	}
	var all bytes.Buffer
	seen := map[string]bool{}
	for _, name := range p.logs {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading a test log: %w", err)
		}
		moved := bytes.Contains(content, []byte("\n"+logChdir))
		for line := range strings.Lines(string(content)) {
			if line == logTitle && all.Len() > 0 {
				continue
			}
			if !moved && seen[line] {
				continue // of thousands of processes, most read the same
			}
			seen[line] = seen[line] || !moved
			all.WriteString(line)
		}
		if moved {
			fmt.Fprintf(&all, "%s%s\n", logChdir, p.workDir)
		}
	}
	if err := os.WriteFile(p.log, all.Bytes(), 0o666); err != nil {
		return fmt.Errorf("joining the test logs: %w", err)
	}
	return nil
}
