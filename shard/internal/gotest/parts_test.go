package gotest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// newParts returns the parts of a binary with args, and the files in place of those that
// the go command looks for; args contains them as LOG and PROFILE.
func newParts(t *testing.T, args ...string) (p *Parts, log, profile string) {
	t.Helper()
	dir := t.TempDir()
	log, profile = filepath.Join(dir, "testlog.txt"), filepath.Join(dir, "profile")
	args = slices.Clone(args)
	for i := range args {
		args[i] = strings.NewReplacer("LOG", log, "PROFILE", profile).Replace(args[i])
	}
	p, err := NewParts(args, "/work/dir")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(p.temp); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", p.temp, err)
		}
	})
	return p, log, profile
}

// writeParts makes a process of p write its files; "" for a process without any.
func writeParts(t *testing.T, p *Parts, args []string, log, profile string) {
	t.Helper()
	own, _, err := p.Process(args)
	if err != nil {
		t.Fatal(err)
	}
	for flag, content := range map[string]string{LogFlag: log, profileFlag: profile} {
		i := slices.IndexFunc(own, func(arg string) bool { return strings.HasPrefix(arg, flag) })
		if i < 0 || content == "" {
			continue
		}
		if err := os.WriteFile(strings.TrimPrefix(own[i], flag), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJoinLogs(t *testing.T) {
	const head = "# test log\n"
	for _, c := range []struct {
		name string
		logs []string // of the processes, "" for one without a log
		want string
	}{
		{"one", []string{head + "getenv A\nopen a.txt\n"}, head + "getenv A\nopen a.txt\n"},
		{"each line once", []string{head + "getenv A\nopen a.txt\n", head + "open a.txt\nstat b\n"}, head + "getenv A\nopen a.txt\nstat b\n"},
		{"a process that left none", []string{"", head + "getenv A\n", ""}, head + "getenv A\n"},
		{"none at all", []string{"", ""}, ""},
		{"what comes after a chdir is looked for there", []string{head + "open a\n", head + "open a\nchdir /x\nopen a\n", head + "open a\nopen b\n"},
			head + "open a\n" + "open a\nchdir /x\nopen a\nchdir /work/dir\n" + "open b\n"},
		{"a chdir first", []string{head + "chdir /x\nopen a\n", head + "chdir /x\nopen a\n"},
			head + "chdir /x\nopen a\nchdir /work/dir\n" + "chdir /x\nopen a\nchdir /work/dir\n"},
		{"what was read elsewhere first", []string{head + "chdir /x\nopen a\n", head + "open a\n"},
			head + "chdir /x\nopen a\nchdir /work/dir\n" + "open a\n"},
		{"a name with chdir in it", []string{head + "open chdir x\n", head + "open chdir x\n"}, head + "open chdir x\n"},
		{"only the head", []string{head, head}, head},
		{"a damaged one makes one that the go command does not take", []string{"\n", head + "open a\n"}, "\nopen a\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"-test.v=test2json", "-test.testlogfile=LOG"}
			p, log, _ := newParts(t, args...)
			args[1] = LogFlag + log
			for _, content := range c.logs {
				writeParts(t, p, args, content, "")
			}
			if percent, err := p.Join(); percent != "" || err != nil {
				t.Errorf("%q, %v", percent, err)
			}
			got, err := os.ReadFile(log)
			if string(got) != c.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestJoinLogsThatCannotBe(t *testing.T) {
	p, log, _ := newParts(t, "-test.testlogfile=LOG")
	writeParts(t, p, []string{LogFlag + log}, "# test log\n", "")
	if err := os.Mkdir(log, 0o700); err != nil { // where the joined log goes
		t.Fatal(err)
	}
	if _, err := p.Join(); err == nil || !strings.Contains(err.Error(), "joining the test logs") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(p.logs[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(p.logs[0], 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Join(); err == nil || !strings.Contains(err.Error(), "reading a test log") {
		t.Errorf("got %v", err)
	}
}

// TestJoinProfiles tests where the profile goes. Package coverage is responsible for its
// text.
func TestJoinProfiles(t *testing.T) {
	const code = "mode: set\na.go:1.1,2.2 1 "
	for name, damaged := range map[string]bool{"whole": false, "damaged": true} {
		t.Run(name, func(t *testing.T) {
			args := []string{"-test.coverprofile=PROFILE", "-test.v=test2json"}
			p, _, profile := newParts(t, args...)
			args[0] = profileFlag + profile
			writeParts(t, p, args, "", code+"0\n")
			writeParts(t, p, args, "", code+"1\n")
			if damaged {
				writeParts(t, p, args, "", "<html>\n")
			}
			percent, err := p.Join()
			if damaged {
				if err == nil || !strings.Contains(err.Error(), "joining the coverage of test processes: ") {
					t.Errorf("got %v", err)
				}
				return
			}
			got, readErr := os.ReadFile(profile)
			if percent != "100.0%" || err != nil || string(got) != code+"1\n" || readErr != nil {
				t.Errorf("%q, %v, %q, %v", percent, err, got, readErr)
			}
		})
	}
}

// TestPercentageWithoutAProfile: -cover alone writes no file, but there is one percentage
// for all processes.
func TestPercentageWithoutAProfile(t *testing.T) {
	args := []string{"-test.gocoverdir=/of/the/go/command", "-test.v=test2json"}
	p, _, profile := newParts(t, args...)
	var folders []string
	for _, count := range []string{"1", "0"} {
		own, env, err := p.Process(args)
		if err != nil || len(own) != 3 || len(env) != 1 || slices.Contains(own, args[0]) {
			t.Fatalf("%q, %q, %v", own, env, err)
		}
		folders = append(folders, env[0])
		name := strings.TrimPrefix(own[0], profileFlag)
		if err := os.WriteFile(name, []byte("mode: set\na.go:1.1,2.2 1 "+count+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if folders[0] == folders[1] || !strings.HasPrefix(folders[0], "GOCOVERDIR="+p.temp) {
		t.Errorf("folders %q", folders)
	}
	if percent, err := p.Join(); percent != "100.0%" || err != nil {
		t.Errorf("%q, %v", percent, err)
	}
	if _, err := os.Stat(profile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a profile: %v", err)
	}
}

// TestPartsWithNothingToJoin: a binary without coverage and log keeps its arguments.
func TestPartsWithNothingToJoin(t *testing.T) {
	args := []string{"-test.v=test2json", "-test.run=A"}
	p, _, _ := newParts(t, args...)
	own, env, err := p.Process(args)
	if !slices.Equal(own, args) || env != nil || err != nil {
		t.Errorf("%q, %q, %v", own, env, err)
	}
	if percent, err := p.Join(); percent != "" || err != nil {
		t.Errorf("%q, %v", percent, err)
	}
}

// TestProcessesHaveFilesOfTheirOwn, also when they start at the same time.
func TestProcessesHaveFilesOfTheirOwn(t *testing.T) {
	args := []string{"-test.testlogfile=LOG", "-test.coverprofile=PROFILE", "-test.gocoverdir=/dir"}
	p, log, profile := newParts(t, args...)
	args = []string{LogFlag + log, profileFlag + profile, args[2]}
	var mu sync.Mutex
	seen := map[string]bool{log: true, profile: true, "/dir": true}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			own, _, err := p.Process(args)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || len(own) != 3 {
				t.Errorf("%q, %v", own, err)
			}
			for _, arg := range own {
				_, file, _ := strings.Cut(arg, "=")
				if seen[file] {
					t.Errorf("%s is not its own", arg)
				}
				seen[file] = true
			}
		})
	}
	all.Wait()
}

// TestPartsWithoutAFolder: errors of creating a folder are returned.
func TestPartsWithoutAFolder(t *testing.T) {
	p, _, _ := newParts(t, "-test.coverprofile=PROFILE")
	if err := os.RemoveAll(p.temp); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Process([]string{"-test.coverprofile=x"}); err == nil || !strings.Contains(err.Error(), "creating a folder for the coverage of a test process") {
		t.Errorf("got %v", err)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	if _, err := NewParts(nil, "."); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
