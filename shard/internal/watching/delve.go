package watching

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// delve is what to debug.
type delve struct {
	pkg    string // its folder
	chdir  bool   // whether delve runs in there
	args   []string
	breaks []string // tests
}

// delveFor chooses the package: the one of the last run, or of several the first one with
// a failed test.
func delveFor(inEach bool, args []string, results []runResult) (delve, error) {
	if len(results) == 0 {
		return delve{}, errors.New("there is nothing to debug yet; save a file, or press r to run everything first")
	}
	last := results[len(results)-1]
	var failed []testjson.TestCase
	for _, result := range results {
		if failed = result.failed(); len(failed) > 0 {
			last = result
			break
		}
	}
	d := delve{chdir: inEach, args: args}
	switch {
	case len(last.packages) == 1 && last.packages[0] != watch.Everything:
		d.pkg = last.packages[0]
	case len(failed) == 0:
		return delve{}, errors.New("the last run had several packages and no failed test, so there is no test to debug; " +
			"save a file of the package first")
	default:
		dir, err := folderOf(failed[0].Package)
		if err != nil {
			return delve{}, err
		}
		d.pkg = dir
	}
	for _, test := range failed {
		if len(last.packages) == 1 && last.packages[0] == d.pkg || test.Package == failed[0].Package {
			d.breaks = append(d.breaks, test.Test.Name())
		}
	}
	return d, nil
}

func (r runResult) failed() []testjson.TestCase {
	if r.execution == nil {
		return nil
	}
	return r.execution.Failed()
}

// folderOf returns the folder of a package as an argument for go.
func folderOf(importPath string) (string, error) {
	out, err := exec.Command("go", "list", "-find", "-f", "{{.Dir}}", importPath).Output()
	if err != nil {
		return "", fmt.Errorf("finding the folder of %s, in which a test failed: %w", importPath, err)
	}
	dir := strings.TrimSpace(string(out))
	working, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if relative, err := filepath.Rel(working, dir); err == nil {
		return "./" + relative, nil
	}
	return dir, nil
}

// runDelve debugs until the user leaves the debugger. Its exit code does not affect the
// watch. started is called when it runs.
func runDelve(ctx context.Context, call option.Call, d delve, started func()) error {
	initFile, err := d.writeInitFile()
	if err != nil {
		return fmt.Errorf("failed to write delve init file: %w", err)
	}
	defer func() { _ = os.Remove(initFile) }()

	pkg, dir := d.pkg, ""
	if d.chdir {
		pkg, dir = "./", d.pkg
	}
	args := []string{"test", "--wd", pkg, "--output", "gotestsum-watch-debug.test", "--init", initFile, pkg, "--"}
	cmd := exec.CommandContext(ctx, "dlv", append(args, d.args...)...)
	cmd.Dir = dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = call.Stdin, call.Stdout, call.Stderr
	err = cmd.Start()
	if err == nil {
		started()
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("debugging %s: %w; install delve with go install github.com/go-delve/delve/cmd/dlv@latest", d.pkg, err)
	case err == nil, errors.As(err, &exit):
		return nil
	default:
		return fmt.Errorf("delve failed: %w", err)
	}
}

// writeInitFile writes delve's first commands into a temporary file.
func (d delve) writeInitFile() (string, error) {
	file, err := temp.File("gotestsum-delve-init")
	if err != nil {
		return "", err
	}
	var commands bytes.Buffer
	for _, test := range d.breaks {
		fmt.Fprintf(&commands, "break %s\n", test)
	}
	commands.WriteString("continue\n")
	_, err = file.Write(commands.Bytes())
	if err := errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}
