package linkcache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// link is one call of the linker.
type link struct {
	tool      []string // the program and its arguments
	env       environ.List
	output    string
	importcfg string
	// extFlags are the flags of the external linker, if the user has some.
	extFlags string
	relative bool // whether they may contain paths relative to the working directory
}

// unknown are the flags with which the linker writes more than a program, or reads what is not
// in the key.
var unknown = []string{
	"fipso", "tmpdir", "cpuprofile", "memprofile", "benchmark", "benchmarkprofile", "capturehostobjs", "linkshared", "pluginpath",
	"r", "L", "dumpdep", "v", "c", "n",
}

// parse returns the call of the linker in a command of the go command. ok is false for other
// tools, and if the linker is to do anything but link a program.
func parse(tool []string, env environ.List) (l link, ok bool) {
	if name := strings.TrimSuffix(filepath.Base(tool[0]), ".exe"); name != "link" || len(tool) < 3 {
		return link{}, false
	}
	l = link{tool: tool, env: env}
	identified := false
	for i := 1; i < len(tool)-1; i++ {
		flag, isFlag := strings.CutPrefix(tool[i], "-")
		if !isFlag { // the value of a flag
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
		if !hasValue {
			value = tool[i+1]
		}
		switch {
		case slices.Contains(unknown, name):
			return link{}, false
		case name == "o" && l.output == "":
			l.output = value
		case name == "importcfg" && l.importcfg == "":
			l.importcfg = value
		case name == "buildid": // the user may have one more
			identified = identified || strings.Count(value, "/") >= 3
		case name == "buildmode" && value != "exe" && value != "pie":
			return link{}, false
		case name == "extldflags":
			l.extFlags, l.relative = value, true
		case name == "extld":
			l.relative = l.relative || strings.Contains(value, " ")
		}
	}
	return l, identified && l.output != "" && l.importcfg != "" && !strings.HasPrefix(tool[len(tool)-1], "-")
}

// variables are those that the linker, or an external linker, reads.
var variables = []string{
	"GOROOT", "GOOS", "GOARCH", "GO386", "GOAMD64", "GOARM", "GOARM64", "GOLOONG64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM",
	"GOEXPERIMENT", "GOFIPS140", "GODEBUG", "GO_EXTLINK_ENABLED", "GO_LDSO", "PATH", "CC", "CXX", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX",
	"LD_RUN_PATH", "LIB", "SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET", "SOURCE_DATE_EPOCH", "ZERO_AR_DATE",
}

// key identifies everything from which a program is linked, except what an external linker
// reads. It is the name of a file. The -buildid of the go command alone already identifies the
// tool, its flags and all packages, but not the settings of the external linker.
func (l link) key() (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "link 1\n%q\n", l.tool[0])
	objects := filepath.Dir(l.importcfg) + string(filepath.Separator) // the go command's temporary folder for this program
	for _, arg := range l.tool[1 : len(l.tool)-1] {
		if arg == l.output {
			arg = filepath.Base(arg)
		}
		_, _ = fmt.Fprintf(h, "%q\n", strings.ReplaceAll(arg, objects, ""))
	}
	for _, name := range variables {
		if value, ok := l.env.Lookup(name); ok {
			_, _ = fmt.Fprintf(h, "%s=%q\n", name, value)
		}
	}
	if l.relative {
		dir, err := os.Getwd()
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(h, "in %q\n", dir)
	}
	if err := hashPackages(h, l.importcfg, l.tool[len(l.tool)-1]); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashPackages writes the packages of an importcfg file with the hashes of their files, and
// the hash of the main package.
func hashPackages(h io.Writer, importcfg, main string) error {
	text, err := os.ReadFile(importcfg)
	if err != nil {
		return err
	}
	files := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if kind, rest, _ := strings.Cut(line, " "); kind == "packagefile" || kind == "packageshlib" {
			pkg, file, ok := strings.Cut(rest, "=")
			if !ok {
				return fmt.Errorf("%s: unknown line %q", importcfg, line)
			}
			sum, err := fileSum(file)
			if err != nil {
				return err
			}
			files++
			line = kind + " " + pkg + "=" + sum
		}
		_, _ = fmt.Fprintf(h, "%q\n", line)
	}
	if files == 0 {
		return fmt.Errorf("%s: there are no packages", importcfg)
	}
	sum, err := fileSum(main)
	_, _ = fmt.Fprintf(h, "main %s\n", sum)
	return err
}

// fileSum returns the SHA-256 of a file. In the go command's cache it is the file's name
// (cmd/go/internal/cache).
func fileSum(file string) (string, error) {
	if sum, ok := strings.CutSuffix(filepath.Base(file), "-d"); ok && isSum(sum) {
		return sum, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// isSum reports whether text is a SHA-256.
func isSum(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}
