package gotest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/early"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// DefaultTimeout is go test's timeout without -timeout.
const DefaultTimeout = 10 * time.Minute

// Settings are what the go command takes from its arguments, GOFLAGS and the system, as
// far as the coordinator needs them.
type Settings struct {
	// Timeout is the -timeout of each test binary, 0 for none.
	Timeout time.Duration
	// Exec is the user's own -exec, or the go_GOOS_GOARCH_exec program that the go
	// command would run, empty for none. The go command splits it into words.
	Exec string
	// Toolexec is the user's own -toolexec, empty for none.
	Toolexec string
	// Parallel is the user's own -p, "" for none.
	Parallel string
	// Run, Skip, Bench and Count are the user's flags of these names, empty for none.
	Run, Skip, Bench, Count string
	// Binary are the arguments that decide what a test binary runs, in the form in which
	// the go command would pass them on.
	Binary []string
	// FailFast is whether the user's -failfast is on.
	FailFast bool
	// Race is whether test binaries look for data races.
	Race bool
	// Cover is whether test binaries measure their coverage.
	Cover bool
	// CoverProfile is the file of the user's own -coverprofile, empty for none.
	CoverProfile string
	// CoverMode and CoverPackages are the user's -covermode and -coverpkg, empty for none.
	CoverMode, CoverPackages string
	// Overlay is the file of the user's own -overlay, empty for none. ModFile is that of
	// -modfile.
	Overlay, ModFile string
	// Choosing are the settings of the build that decide which files it has, as the build
	// information of a program names them. GOOS and GOARCH are missing if they are those of
	// this machine.
	Choosing map[string]string
	// Dir is the folder that the go command works in, empty for the current one.
	Dir string
	// TempDir is GOTMPDIR, the folder for what the go command builds, if it is not the
	// folder for all temporary files; otherwise empty.
	TempDir string
	// Cache is GOCACHE, the folder of the build cache, empty if it is off or unknown.
	Cache string
}

// goEnv is the part of go env's output that is needed.
type goEnv struct{ GOFLAGS, GOTMPDIR, GOCACHE, GOOS, GOARCH, GOHOSTOS, GOHOSTARCH string }

// ReadSettings combines args with the settings that a go command started in dir with an
// environment finds there. args take precedence over GOFLAGS.
func ReadSettings(ctx context.Context, environ environ.List, dir string, args Args) (Settings, error) {
	if change, ok := args.Lookup("C"); ok {
		dir = within(dir, change)
	}
	env, err := readGoEnv(ctx, environ, dir)
	if err != nil {
		return Settings{}, err
	}
	return settings(dir, args, env, exec.LookPath)
}

// within returns name, relative to dir unless it is absolute.
func within(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// readGoEnv returns the go command's environment. It starts the go command, which is slow,
// only if the tests are for another system.
func readGoEnv(ctx context.Context, environ environ.List, dir string) (goEnv, error) {
	written, err := readGoEnvFile(environ)
	if err != nil {
		return goEnv{}, err
	}
	if cmp.Or(environ.Get("GOOS"), written["GOOS"]) == "" && cmp.Or(environ.Get("GOARCH"), written["GOARCH"]) == "" {
		variable := func(name string) string { return cmp.Or(environ.Get(name), written[name]) }
		return goEnv{GOFLAGS: variable("GOFLAGS"), GOTMPDIR: variable("GOTMPDIR"), GOCACHE: variable("GOCACHE")}, nil
	}
	out, stderr, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command("go", "env", "-json", "GOFLAGS", "GOTMPDIR", "GOCACHE", "GOOS", "GOARCH", "GOHOSTOS", "GOHOSTARCH")
		command.Dir, command.Env = dir, environ
		return command
	})
	if err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); ok || ctx.Err() != nil {
			return goEnv{}, fmt.Errorf("reading the go command's environment with go env: %w: %s",
				err, strings.TrimSpace(string(stderr)))
		}
		return goEnv{}, fmt.Errorf("failed to run the go command: %w; is Go installed and on the PATH?", err)
	}
	var env goEnv
	if err := json.Unmarshal(out, &env); err != nil {
		return goEnv{}, fmt.Errorf("reading what go env printed: %w", err)
	}
	return env, nil
}

// readGoEnvFile reads what go env -w has written: lines KEY=VALUE without quotes
// (cmd/go/internal/cfg, initEnvCache). A missing file means no variables.
func readGoEnvFile(environ environ.List) (map[string]string, error) {
	name := environ.Get("GOENV")
	switch name {
	case "off":
		return nil, nil
	case "":
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, nil //nolint:nilerr // the go command has no file then either
		}
		name = filepath.Join(dir, "go", "env")
	}
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the settings of go env -w: %w", err)
	}
	variables := map[string]string{}
	for line := range strings.Lines(string(content)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if ok && !strings.HasPrefix(key, "#") {
			variables[key] = value
		}
	}
	return variables, nil
}

// decisive are the flags that decide which tests run, and whether a package can be split.
var decisive = []string{
	"run", "skip", "count", "cpu", "bench", "fuzz", "list", "blockprofile", "cpuprofile", "memprofile", "mutexprofile", "trace",
}

func settings(dir string, args Args, env goEnv, lookPath func(string) (string, error)) (Settings, error) {
	flags, err := splitQuoted(env.GOFLAGS)
	if err != nil {
		return Settings{}, fmt.Errorf("splitting GOFLAGS %q into flags: %w; close the quote, or quote the whole flag with the other kind of quotes", env.GOFLAGS, err)
	}
	lookup := func(name string) (string, bool) {
		if value, ok := args.Lookup(name); ok {
			return value, true
		}
		return Args(flags).Lookup(name)
	}
	s := Settings{Timeout: DefaultTimeout, Dir: dir, Cache: cacheDir(env.GOCACHE)}
	if env.GOTMPDIR != "" {
		if s.TempDir, err = filepath.Abs(within(dir, env.GOTMPDIR)); err != nil {
			return Settings{}, fmt.Errorf("finding the folder of GOTMPDIR: %w", err)
		}
	}
	if value, ok := lookup("timeout"); ok {
		if s.Timeout, err = time.ParseDuration(value); err != nil {
			return Settings{}, fmt.Errorf("go test -timeout %q: %w; write a duration such as 30s or 10m", value, err)
		}
	}
	s.Toolexec, _ = lookup("toolexec")
	s.Parallel, _ = lookup("p")
	s.Run, _ = lookup("run")
	s.Skip, _ = lookup("skip")
	s.Bench, _ = lookup("bench")
	s.Count, _ = lookup("count")
	for _, name := range decisive {
		if value, ok := lookup(name); ok {
			s.Binary = append(s.Binary, FlagPrefix+name+"="+value)
		}
	}
	s.FailFast, s.Race = isOn(lookup("failfast")), isOn(lookup("race"))
	s.readCover(lookup)
	if overlay, ok := lookup("overlay"); ok && overlay != "" {
		s.Overlay = within(dir, overlay)
	}
	s.ModFile, _ = lookup("modfile")
	s.readChoosing(lookup, env)
	s.Exec, _ = lookup("exec")
	if s.Exec == "" && (env.GOOS != env.GOHOSTOS || env.GOARCH != env.GOHOSTARCH) {
		// As cmd/go/internal/work.FindExecCmd does.
		if path, err := lookPath("go_" + env.GOOS + "_" + env.GOARCH + "_exec"); err == nil {
			if s.Exec, err = joinQuoted(path); err != nil {
				return Settings{}, err
			}
		}
	}
	return s, nil
}

// cacheDir returns the folder of the build cache (cmd/go/internal/cache, DefaultDir).
func cacheDir(set string) string {
	if set == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(dir, "go-build")
	}
	if !filepath.IsAbs(set) { // off, or refused by the go command
		return ""
	}
	return set
}

// isOn reports whether a flag without a value, which may have one, is on.
func isOn(value string, given bool) bool {
	on, err := strconv.ParseBool(value)
	return given && (on || err != nil)
}

// readChoosing reads what decides which files are built.
func (s *Settings) readChoosing(lookup func(name string) (string, bool), env goEnv) {
	choose := func(name, value string) {
		if s.Choosing == nil {
			s.Choosing = map[string]string{}
		}
		s.Choosing[name] = value
	}
	for _, name := range []string{"race", "msan", "asan"} {
		if isOn(lookup(name)) {
			choose("-"+name, "true")
		}
	}
	if tags, _ := lookup("tags"); tags != "" {
		choose("-tags", strings.Join(strings.FieldsFunc(tags, func(r rune) bool { return r == ',' || r == ' ' }), ","))
	}
	if env.GOOS != env.GOHOSTOS || env.GOARCH != env.GOHOSTARCH {
		choose("GOOS", env.GOOS)
		choose("GOARCH", env.GOARCH)
	}
}

// readCover reads the settings for coverage.
func (s *Settings) readCover(lookup func(name string) (string, bool)) {
	s.Cover = isOn(lookup("cover"))
	for _, name := range []string{"coverprofile", "covermode", "coverpkg"} { // each implies -cover
		value, _ := lookup(name)
		s.Cover = s.Cover || value != ""
	}
	s.CoverMode, _ = lookup("covermode")
	s.CoverPackages, _ = lookup("coverpkg")
	if profile, ok := lookup("coverprofile"); ok && profile != "" {
		outputDir, _ := lookup("outputdir")
		s.CoverProfile = within(within(s.Dir, outputDir), profile)
	}
}

// HookCommand returns the words for go test -exec that start program as the hook.
// Everything that affects a result is part of them, because the go command includes them
// in the key of a cached result: the user's timeout and -exec, and part. If only some
// tests of a package run, part is a digest of the selection; otherwise it is empty. Values
// that differ between runs are passed in the environment.
func (s Settings) HookCommand(program, part string) (string, error) {
	decides := s.Timeout.String()
	if part != "" {
		decides += partSeparator + part
	}
	hook, err := joinQuoted(program, early.HookWord, decides)
	if err != nil {
		return "", err
	}
	if s.Exec != "" { // as it is: the go command splits it
		hook += " " + s.Exec
	}
	return hook, nil
}

// WithToolexec returns a go test command with a -toolexec of these words.
func WithToolexec(command []string, words ...string) ([]string, error) {
	toolexec, err := joinQuoted(words...)
	if err != nil {
		return nil, err
	}
	return slices.Concat(command[:2], Args(command[2:]).WithFlags([]string{"-toolexec=" + toolexec})), nil
}
