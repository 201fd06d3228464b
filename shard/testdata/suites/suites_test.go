// Package suites is a suite for FuzzRandomSuites. The environment decides what its tests and
// its TestMain do. They record in a file what they have done.
package suites

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// note adds a line to the file SUITE_LOG.
func note(format string, a ...any) {
	file, err := os.OpenFile(os.Getenv("SUITE_LOG"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(file, "%d "+format+"\n", append([]any{os.Getpid()}, a...)...)
		_ = file.Close()
	}
	if err != nil {
		panic(err)
	}
}

// first reports whether this is the first call for what in the run.
func first(what string) bool {
	return os.Mkdir(filepath.Join(os.Getenv("SUITE_MARKS"), strings.ReplaceAll(what, "/", "-")), 0o700) == nil
}

func TestMain(m *testing.M) {
	how := os.Getenv("SUITE_MAIN")
	exit := func(code int) { note("exits %d", code); os.Exit(code) }
	switch {
	case how == "fails on gw1" && os.Getenv("GOTESTSHARD_WORKER") == "gw1", how == "fails once" && first("main"):
		fmt.Println("cannot connect to the database")
		exit(1)
	}
	code := m.Run()
	switch {
	case how == "leaks once" && first("main"):
		fmt.Println("found a leak")
		exit(1)
	case how == "exits 3":
		exit(3)
	case how == "forgets":
		exit(0)
	}
	exit(code)
}

// behave does what SUITE_TESTS has for the test, as in "TestA=flaky TestB=subtests TestB/s1=panics".
func behave(t *testing.T) {
	note("runs %s", t.Name())
	how := ""
	for word := range strings.FieldsSeq(os.Getenv("SUITE_TESTS")) {
		if name, what, _ := strings.Cut(word, "="); name == t.Name() {
			how = what
		}
	}
	switch how {
	case "fails":
		t.Fatal("as always")
	case "flaky":
		if first(t.Name()) {
			t.Fatal("the first time")
		}
	case "panics":
		if first(t.Name()) {
			panic("the first time")
		}
	case "exits":
		if first(t.Name()) {
			os.Exit(1)
		}
	case "parallel":
		t.Parallel()
	case "subtests":
		for _, name := range []string{"s1", "s2", "s3", "s4"} {
			t.Run(name, behave)
		}
	}
	if !t.Failed() {
		note("passes %s", t.Name())
	}
	if how == "skips" {
		t.Skip("as always")
	}
}

func TestA(t *testing.T) { behave(t) }
func TestB(t *testing.T) { behave(t) }
func TestC(t *testing.T) { behave(t) }
func TestD(t *testing.T) { behave(t) }
func TestE(t *testing.T) { behave(t) }
