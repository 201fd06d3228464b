package differential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fatih/color"

	"github.com/gotestshard/gotestshard/shard"
)

// A player is a process that runs one case after another in itself, because starting a program
// is half of the cost of a case. It uses the working directory and environment of each case.
type player struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	errs    *os.File
	request *json.Encoder
	answer  *json.Decoder
}

// played is a case for a player, and playedOutcome is its outcome.
type (
	played struct {
		Dir   string
		Args  []string
		Env   []string
		Stdin string
	}
	playedOutcome struct {
		Stdout, Stderr string
		Exit           int
	}
)

// playMain is the main function of a player. Its argument is the file of its standard error,
// which gets gotestsum's own messages.
func playMain() {
	color.Error = os.Stderr
	requests, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var c played
		err := requests.Decode(&c)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			var o playedOutcome
			if o, err = c.run(); err == nil {
				err = answers.Encode(o)
			}
		}
		if err != nil {
			panic(err)
		}
	}
}

func (c played) run() (playedOutcome, error) {
	os.Clearenv()
	for _, variable := range c.Env {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return playedOutcome{}, err
		}
	}
	stdin, err := c.openStdin()
	if err != nil {
		return playedOutcome{}, err
	}
	defer func() { _ = stdin.Close() }()
	os.Stdin = stdin
	if err := os.Chdir(c.Dir); err != nil {
		return playedOutcome{}, err
	}
	errs := os.Args[1]
	if err := os.Truncate(errs, 0); err != nil {
		return playedOutcome{}, err
	}
	var stdout bytes.Buffer
	color.Output, color.NoColor = &stdout, true // Main changes NoColor
	code := shard.Main(c.Args)
	stderr, err := os.ReadFile(errs)
	// Windows cannot remove the working directory of a process.
	return playedOutcome{stdout.String(), string(stderr), code}, errors.Join(err, os.Chdir(filepath.Dir(c.Dir)))
}

func (c played) openStdin() (*os.File, error) {
	if c.Stdin == "" {
		return os.Open(os.DevNull)
	}
	file, err := os.Create(os.Args[1] + "-stdin")
	if err != nil {
		return nil, err
	}
	_, err = file.WriteString(c.Stdin)
	_, seekErr := file.Seek(0, io.SeekStart)
	return file, errors.Join(err, seekErr)
}

// players is a pool of players.
type players struct {
	idle    chan *player
	mu      sync.Mutex
	all     []*player
	started int
	bin     string
	dir     string // where they start, with the files of their standard errors
}

func newPlayers(t *testing.T, dir string) *players {
	t.Helper()
	path, err := exec.LookPath("play")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(streamsModule), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &players{idle: make(chan *player, 2*runtime.GOMAXPROCS(0)), bin: path, dir: dir}
	for range cap(p.idle) {
		p.idle <- nil
	}
	t.Cleanup(func() {
		for _, player := range p.all {
			_ = player.in.Close()
			if err := player.cmd.Wait(); err != nil {
				text, _ := os.ReadFile(player.errs.Name())
				t.Errorf("a player failed: %v\n%s", err, text)
			}
			_ = player.errs.Close()
			_ = os.Remove(player.errs.Name())
		}
	})
	return p
}

func (p *players) start(t *testing.T) *player {
	t.Helper()
	p.mu.Lock()
	name := filepath.Join(p.dir, fmt.Sprintf("stderr%d", p.started))
	p.started++
	p.mu.Unlock()
	errs, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(p.bin, name)
	cmd.Stderr = errs
	cmd.Dir = p.dir // gotestsum reads the module name at its start
	cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "NO_COLOR=") })
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	one := &player{cmd: cmd, in: in, errs: errs, request: json.NewEncoder(in), answer: json.NewDecoder(out)}
	p.mu.Lock()
	p.all = append(p.all, one)
	p.mu.Unlock()
	return one
}

// runInside is like run, but runs the case in a player.
func (p *players) runInside(t *testing.T, programs programs, c diffCase) outcome {
	t.Helper()
	return programs.runWith(t, c, func(dir string, args, env []string) (stdout, stderr string, exit int) {
		one := <-p.idle
		defer func() { p.idle <- one }()
		if one == nil {
			one = p.start(t)
		}
		answered := time.AfterFunc(10*time.Minute, func() { _ = one.cmd.Process.Kill() })
		defer answered.Stop()
		var o playedOutcome
		if err := errors.Join(one.request.Encode(played{dir, args, env, c.stdin}), one.answer.Decode(&o)); err != nil {
			t.Fatalf("%s in a player: %v", c.commandLine(), err)
		}
		return o.Stdout, o.Stderr, o.Exit
	})
}

// inside reports whether a case may run in a player. Package color reads NO_COLOR only once,
// and the tools of both programs use the standard files of the process.
func (c diffCase) inside() bool {
	return !c.module && !slices.ContainsFunc(c.env, func(variable string) bool { return strings.HasPrefix(variable, "NO_COLOR=") }) &&
		!slices.Contains(c.args[:min(len(c.args), 1)], "tool")
}
