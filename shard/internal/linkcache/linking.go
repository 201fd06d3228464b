package linkcache

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// run puts the program in its place, with or without the linker, and returns the exit code.
// What goes wrong with the cache is not an error: then the linker does its work.
func (l link) run(f folder, stdout io.Writer) (int, error) {
	key, err := l.key()
	if err != nil {
		return l.only(stdout)
	}
	if f.take(key, l.output) {
		return 0, nil
	}
	// The go command removes this folder, too.
	dir, err := os.MkdirTemp(filepath.Dir(l.importcfg), "external")
	if err != nil {
		return l.only(stdout)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return l.and(f, key, dir, stdout)
}

// only runs the linker.
func (l link) only(stdout io.Writer) (int, error) {
	_, code, err := l.start(nil, stdout)
	return code, err
}

// and runs the linker and keeps the program. dir is for the temporary files of the linker.
func (l link) and(f folder, key, dir string, stdout io.Writer) (int, error) {
	e := external{dir: dir, reported: l.canReport() && f.asks()}
	output, code, err := l.start(e.flags(l), nil)
	if e.used() && code != 0 && e.reported {
		// It may be because of our flag. Otherwise it fails again.
		if code, err = l.only(stdout); code == 0 {
			f.asksNoMore()
		}
		return code, err
	}
	_, _ = stdout.Write(output)
	if code != 0 || len(output) > 0 { // a warning would be missing next time
		return code, err
	}
	var reads []input
	if e.used() {
		var known bool
		if reads, known = e.reads(l); !known {
			return code, err
		}
	}
	f.put(key, l.output, reads)
	return code, err
}

// start runs the linker with more flags. Its output goes to out, or if that is nil, is
// returned.
func (l link) start(flags []string, out io.Writer) (output []byte, code int, err error) {
	main := len(l.tool) - 1
	cmd := exec.Command(l.tool[0], slices.Concat(l.tool[1:main], flags, l.tool[main:])...)
	var buf bytes.Buffer
	if out == nil {
		out = &buf
	}
	cmd.Stdout, cmd.Stderr = out, out // the go command joins them, too
	code, err = exitCode(cmd.Run())
	return buf.Bytes(), code, err
}

// external is the external linker of a call of the linker, which decides by itself whether it
// uses one.
type external struct {
	dir      string // for temporary files
	reported bool   // whether it is to report which files it reads
}

// canReport reports whether the external linker may have the flag --dependency-file, as GNU ld,
// gold, lld and mold do, and whether the flag can be added to the user's.
func (l link) canReport() bool {
	goos := l.env.Get("GOOS")
	return goos != "darwin" && goos != "ios" && !strings.ContainsAny(l.extFlags, `'"`) && !strings.ContainsAny(l.importcfg, " \t\n\r,'\"")
}

// report is the file for the names of what the external linker reads.
func (e external) report() string { return filepath.Join(e.dir, "reads") }

// flags returns the flags to add to those of the linker.
func (e external) flags(l link) []string {
	flags := []string{"-tmpdir=" + e.dir}
	if e.reported {
		flags = append(flags, "-extldflags="+strings.TrimLeft(l.extFlags+" -Wl,--dependency-file="+e.report(), " "))
	}
	return flags
}

// used reports whether there was an external linker: then the linker has written a file for it
// (cmd/link/internal/ld, hostlink).
func (e external) used() bool {
	_, err := os.Stat(filepath.Join(e.dir, "go.o"))
	return err == nil
}

// reads returns what the external linker has read, apart from what the linker has written for
// it. known is false if that is not certain.
func (e external) reads(l link) (files []input, known bool) {
	text, err := os.ReadFile(e.report())
	if err != nil {
		return nil, false
	}
	names, ok := prerequisites(string(text))
	if !ok {
		return nil, false
	}
	for _, name := range append(names, l.compiler()...) {
		if strings.HasPrefix(name, e.dir) {
			continue
		}
		file, err := stat(name)
		if err != nil {
			return nil, false
		}
		files = append(files, file)
	}
	return files, true
}

// compiler returns the program that starts the external linker.
func (l link) compiler() []string {
	for _, arg := range l.tool {
		if value, ok := strings.CutPrefix(arg, "-extld="); ok {
			if words := strings.Fields(strings.Trim(value, `'"`)); len(words) > 0 {
				if path, err := exec.LookPath(words[0]); err == nil {
					return []string{path}
				}
			}
		}
	}
	return nil
}

// prerequisites returns the names in the first rule of a makefile. ok is false if a name may be
// quoted.
func prerequisites(rules string) (names []string, ok bool) {
	text := strings.ReplaceAll(strings.ReplaceAll(rules, "\r\n", "\n"), "\\\n", " ")
	text, _, _ = strings.Cut(text, "\n")
	_, list, found := strings.Cut(text, ": ")
	if !found || strings.ContainsAny(list, "$#") || strings.Contains(list, `\ `) {
		return nil, false
	}
	return strings.Fields(list), true
}
