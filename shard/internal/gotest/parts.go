package gotest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Parts are the files that the processes of one test binary write, each of them
// its own, in place of one process: the coverage, and the log of what the tests
// read, by which the go command knows whether a cached result still holds. Its
// methods may be called by several goroutines.
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

const (
	logFlag     = "-test.testlogfile="
	profileFlag = "-test.coverprofile="
	coverFlag   = "-test.gocoverdir="
)

// NewParts returns the parts of a test binary with args, which runs in workDir.
// Close must be called to remove them.
func NewParts(args []string, workDir string) (*Parts, error) {
	dir, err := temp.Dir("", "gotestshard-parts-")
	if err != nil {
		return nil, err
	}
	p := &Parts{workDir: workDir, temp: dir}
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, logFlag); ok && p.log == "" {
			p.log = value
		}
		if value, ok := strings.CutPrefix(arg, profileFlag); ok && p.profile == "" {
			p.profile = value
		}
		p.cover = p.cover || strings.HasPrefix(arg, coverFlag) || strings.HasPrefix(arg, profileFlag)
	}
	return p, nil
}

// Process returns the arguments and the further environment of one process with
// files of its own.
func (p *Parts) Process(args []string) (own, env []string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	own = slices.Clone(args)
	if i := slices.IndexFunc(own, func(arg string) bool { return strings.HasPrefix(arg, logFlag) }); i >= 0 {
		name := filepath.Join(p.temp, fmt.Sprintf("testlog-%d.txt", len(p.logs)))
		p.logs = append(p.logs, name)
		own[i] = logFlag + name
	}
	if !p.cover {
		return own, nil, nil
	}
	if p.profile == "" { // for the percentage, which each of them would print of its own tests
		own = slices.Insert(own, 0, profileFlag)
	}
	own, coverage, err := SeparateCoverage(p.temp, own)
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for the coverage of a test process: %w", err)
	}
	p.profiles = append(p.profiles, coverage.Profile)
	return own, coverage.Env(), nil
}

// Join puts together what the processes wrote, where the go command looks for
// it, and returns the percentage of statements that they covered, as testing
// prints it: "12.3%", "[no statements]", or empty without coverage.
func (p *Parts) Join() (percent string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.joinLogs()
	if !p.cover {
		return "", err
	}
	percent, profileErr := joinProfiles(p.profile, p.profiles)
	if profileErr != nil {
		profileErr = fmt.Errorf("joining the coverage of test processes: %w", profileErr)
	}
	return percent, errors.Join(err, profileErr)
}

// Close removes the parts.
func (p *Parts) Close() error { return os.RemoveAll(p.temp) }

// joinLogs writes one log in place of those of the processes (testing,
// testlog.go: the go command reads it line by line and follows chdir). A process
// that was killed has left half of one, but then there is no result to cache.
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
			return fmt.Errorf("reading the log of what a test read: %w", err)
		}
		moved := bytes.Contains(content, []byte("\nchdir "))
		for line := range strings.Lines(string(content)) {
			if line == "# test log\n" && all.Len() > 0 {
				continue
			}
			if !moved && seen[line] {
				continue // of thousands of processes, most read the same
			}
			seen[line] = seen[line] || !moved
			all.WriteString(line)
		}
		if moved {
			fmt.Fprintf(&all, "chdir %s\n", p.workDir)
		}
	}
	if err := os.WriteFile(p.log, all.Bytes(), 0o666); err != nil {
		return fmt.Errorf("joining the logs of what the tests read: %w", err)
	}
	return nil
}

// joinProfiles adds up coverage profiles of one test binary: they list the same
// code in the same order, so that the sum reads as that of one process. A process
// that crashed has left none, or an empty one. Half a profile is an error: it
// would count as if it had covered nothing more.
func joinProfiles(into string, names []string) (percent string, err error) {
	mode := ""
	var order []string // code: what a line has before its count
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
				return "", fmt.Errorf("%s: the line %q is none of a coverage profile", name, line)
			}
			sum, known := counts[code]
			if !known {
				order = append(order, code)
			}
			switch {
			case mode == "set":
				sum |= count
			case sum+count > math.MaxUint32: // as internal/coverage adds
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
		if err := writeJoined(into, mode, order, counts); err != nil {
			return "", err
		}
	}
	return percentage(order, counts), nil
}

// profileLine takes a whole line of a profile apart, "a.go:1.2,3.4 5 6", in which 5
// is the number of statements and 6 the count.
func profileLine(line string) (code string, count uint64, ok bool) {
	whole, ended := strings.CutSuffix(line, "\n")
	code, text, _ := cutLast(strings.TrimSuffix(whole, "\r"), " ")
	count, err := strconv.ParseUint(text, 10, 64)
	_, statements, _ := cutLast(code, " ")
	_, numErr := strconv.ParseUint(statements, 10, 32)
	return code, count, ended && err == nil && numErr == nil
}

func cutLast(text, separator string) (before, after string, ok bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

func writeJoined(name, mode string, order []string, counts map[string]uint64) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	_, _ = fmt.Fprintf(w, "mode: %s\n", mode) // w keeps its first error
	for _, code := range order {
		_, _ = fmt.Fprintf(w, "%s %d\n", code, counts[code])
	}
	return errors.Join(w.Flush(), file.Close())
}

// percentage is internal/coverage/cformat's.
func percentage(order []string, counts map[string]uint64) string {
	var total, covered uint64
	for _, code := range order {
		_, text, _ := cutLast(code, " ")
		statements, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			continue
		}
		total += statements
		if counts[code] > 0 {
			covered += statements
		}
	}
	if total == 0 {
		return "[no statements]"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(covered)/float64(total))
}
