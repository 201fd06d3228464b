package observe

import (
	"errors"
	"fmt"
	"os"

	"gotest.tools/gotestsum/testjson"
)

// failureFile writes --failures-file: the events of failed tests, of the packages that have
// them or that failed without one, and of builds that failed. A nil failureFile writes
// nothing.
type failureFile struct {
	file    *os.File
	spool   *outputSpool         // the events of running tests, of which most will pass
	running map[testName]*Output // the events of a package itself have no name
	failed  map[string]bool      // packages with a failed test
}

// openFailureFile returns nil if there is nothing to write.
func openFailureFile(name string) (*failureFile, error) {
	file, err := createOptional(name)
	if file == nil || err != nil {
		return nil, err
	}
	return &failureFile{file: file, spool: newOutputSpool(), running: map[testName]*Output{}, failed: map[string]bool{}}, nil
}

// add adds the lines of an event, which are empty for an event that testjson added.
func (f *failureFile) add(event testjson.TestEvent, lines []byte) error {
	if f == nil {
		return nil
	}
	key := testName{event.Package, event.Test}
	if event.Action == testjson.ActionBuild || event.ImportPath != "" {
		key = testName{event.ImportPath, ""}
	}
	if len(lines) > 0 {
		if f.running[key] == nil {
			f.running[key] = &Output{}
		}
		f.spool.add(f.running[key], string(lines)+"\n")
	}
	switch {
	case event.Action == testjson.ActionFail && event.Test != "":
		f.failed[event.Package] = true
		if err := f.writeAround(event); err != nil {
			return err
		}
		return f.write(key)
	case event.Action == testjson.ActionFail:
		var err error
		if path := failedBuild(event); path != "" {
			err = f.write(testName{path, ""})
		}
		return errors.Join(err, f.write(key))
	case event.Action.IsTerminal() && event.Test == "" && f.failed[event.Package]: // TestMain exited with 0 anyway
		return f.write(key)
	case event.Action.IsTerminal():
		f.drop(key)
	}
	return nil
}

// writeAround writes the events so far of the package of a test, and of the tests that the test
// is in: they have started before it, and fail too. Readers assign the output of a subtest's
// panic to the subtest only if they know the test around it.
func (f *failureFile) writeAround(event testjson.TestEvent) error {
	err := f.write(testName{event.Package, ""})
	for i, r := range event.Test {
		if r == '/' {
			err = errors.Join(err, f.write(testName{event.Package, event.Test[:i]}))
		}
	}
	return err
}

// write writes the events of a test or package so far.
func (f *failureFile) write(key testName) error {
	output := f.running[key]
	if output == nil {
		return nil
	}
	err := f.spool.writeTo(f.file, output)
	f.drop(key)
	if err != nil {
		return fmt.Errorf("writing --failures-file: %w", err)
	}
	return nil
}

func (f *failureFile) drop(key testName) {
	if output := f.running[key]; output != nil {
		f.spool.drop(output)
		delete(f.running, key)
	}
}

// Close closes the file.
func (f *failureFile) Close() error {
	if f == nil {
		return nil
	}
	if err := errors.Join(f.spool.file.Close(), f.file.Close()); err != nil {
		return fmt.Errorf("writing --failures-file: %w", err)
	}
	return nil
}
