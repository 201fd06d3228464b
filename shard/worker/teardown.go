package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// OnceOption specifies how to undo a setup of [Once].
type OnceOption func(*onceOptions)

type onceOptions struct {
	command   []string
	build     func(value any) ([]string, error)
	buildType string
	env       []string
	problem   error
}

// Teardown specifies the command that undoes the setup: a program and its
// arguments, without a shell. It runs after the last test process of the run
// has ended, in the working directory of the test that ran the setup, which is
// its package's folder. See the package documentation for details. The command
// also runs if the setup failed, so it must succeed if there is nothing to
// undo:
//
//	worker.Teardown("dropdb", "--if-exists", worker.Name("db"))
func Teardown(command ...string) OnceOption {
	return func(o *onceOptions) {
		if len(command) == 0 || command[0] == "" {
			o.problem = errors.New("its Teardown has no program; name one")
		}
		if o.command != nil || o.build != nil {
			o.problem = errors.New("it has two teardowns; make them one command")
		}
		o.command = slices.Clone(command)
	}
}

// TeardownFunc is like [Teardown], with a command that depends on the result of
// the setup. If the command is empty, there is no teardown.
//
//	worker.TeardownFunc(func(name string) []string { return []string{"dropdb", name} })
func TeardownFunc[T any](command func(T) []string) OnceOption {
	return func(o *onceOptions) {
		if o.command != nil || o.build != nil {
			o.problem = errors.New("it has two teardowns; make them one command")
		}
		o.buildType = typeName(reflect.TypeFor[T]())
		o.build = func(value any) ([]string, error) {
			typed, _ := value.(T) // check has compared the types; a nil interface stays nil
			words := command(typed)
			if len(words) > 0 && words[0] == "" {
				return nil, errors.New("its TeardownFunc returned a command without a program; name one")
			}
			return words, nil
		}
	}
}

// TeardownEnv adds variables, each KEY=VALUE, to the environment of the
// teardown. Until the run ends, they are stored in a file that only the user
// can read.
func TeardownEnv(variables ...string) OnceOption {
	return func(o *onceOptions) {
		for _, variable := range variables {
			if strings.Index(variable, "=") < 1 {
				o.problem = fmt.Errorf("its TeardownEnv has %q; write KEY=VALUE", variable)
			}
		}
		o.env = append(o.env, variables...)
	}
}

func (o onceOptions) check(typ string) error {
	if o.problem == nil && o.build != nil && o.buildType != typ {
		return fmt.Errorf("its TeardownFunc takes a %s, its setup returns a %s; let both have one type", o.buildType, typ)
	}
	return o.problem
}

// teardown is a registration, as the coordinator reads it from the run's
// folder.
type teardown struct {
	Version int      `json:"version"`
	Name    string   `json:"name"`
	Command []string `json:"command"`
	Dir     string   `json:"dir"`
	Env     []string `json:"env"`
}

func (t teardown) complete() (teardown, error) {
	dir, err := os.Getwd()
	t.Version, t.Dir = 1, dir
	if t.Env == nil {
		t.Env = []string{} // an empty list in JSON, not null
	}
	return t, err
}

func (t teardown) run() (output []byte, err error) {
	command := exec.Command(t.Command[0], t.Command[1:]...)
	command.Dir = t.Dir
	command.Env = append(os.Environ(), t.Env...)
	return command.CombinedOutput()
}

// registry holds teardowns until the end of the run.
type registry interface {
	register(teardown) error
	withdraw(teardown)
}

// teardownFiles registers teardowns in a folder of the run.
type teardownFiles struct {
	folder  string
	scratch string // on the same disk: in folder, only whole files appear
}

// register writes a file whose name sorts after all earlier ones. If the
// teardown is already registered, by this setup or by one whose process died in
// it, its file is renamed instead, so that it exists at every moment.
func (f teardownFiles) register(t teardown) error {
	t, err := t.complete()
	if err != nil {
		return err
	}
	old, latest, err := f.find(t)
	if err != nil {
		return err
	}
	number := max(time.Now().UnixNano(), latest+1) // the clock may be coarse, or set back
	path := filepath.Join(f.folder, fmt.Sprintf("%020d-%s.json", number, uuid.NewString()[:8]))
	if old != "" {
		return os.Rename(old, path)
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return writeFile(f.scratch, path, data)
}

func (f teardownFiles) withdraw(t teardown) {
	if old, _, err := f.find(t); err == nil && old != "" {
		_ = os.Remove(old) // at worst the teardown runs and finds nothing
	}
}

// find returns the file of t, empty if there is none, and the number of the
// latest registration of all.
func (f teardownFiles) find(t teardown) (path string, latest int64, err error) {
	entries, err := os.ReadDir(f.folder)
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "-")
		number, _ := strconv.ParseInt(digits, 10, 64)
		latest = max(latest, number)
		if name := filepath.Join(f.folder, entry.Name()); path == "" && t.same(name) {
			path = name
		}
	}
	return path, latest, err
}

// same reports whether the file at path registers t. It ignores the folder,
// since the process that died may have been another package's.
func (t teardown) same(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return false // renamed by another setup at this moment: not ours
	}
	var old teardown
	return json.Unmarshal(data, &old) == nil &&
		old.Name == t.Name && slices.Equal(old.Command, t.Command) && slices.Equal(old.Env, t.Env)
}

// writeFile writes the file so that other processes see it complete or not at
// all.
func writeFile(scratch, path string, data []byte) error {
	file, err := os.CreateTemp(scratch, "writing-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // incomplete
	}
	return err
}
