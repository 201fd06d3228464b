package uncached

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// moduleRoot returns the folder of the module around a folder, empty if there is none.
func moduleRoot(dir string) string {
	return above(dir, func(at string) bool { return isFile(filepath.Join(at, "go.mod")) })
}

// repositoryRoot returns the folder of the repository around a folder, or of the module if there
// is none.
func repositoryRoot(dir string) string {
	root := above(dir, func(at string) bool {
		_, err := os.Lstat(filepath.Join(at, ".git"))
		return err == nil
	})
	if root == "" {
		return moduleRoot(dir)
	}
	return root
}

// above returns the first folder at or above dir that has something, empty if none has.
func above(dir string, has func(dir string) bool) string {
	for at := dir; ; at = filepath.Dir(at) {
		if has(at) {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// localModule is a module in a folder of the user.
type localModule struct{ path, dir string }

// surroundings are the modules in folders that a package may be built from, and the files that
// decide on the versions of all others.
type surroundings struct {
	modules []localModule
	files   []string // absolute names; some may not exist
}

// surroundingsOf returns those of a module in a folder. gowork is the variable GOWORK.
func surroundingsOf(root, gowork string) (s surroundings) {
	roots := []string{root}
	switch gowork {
	case "off":
		gowork = ""
	case "":
		if dir := above(root, func(at string) bool { return isFile(filepath.Join(at, "go.work")) }); dir != "" {
			gowork = filepath.Join(dir, "go.work")
		}
	}
	if text, err := os.ReadFile(gowork); err == nil && gowork != "" {
		s.files = append(s.files, gowork, gowork+".sum")
		if work, err := modfile.ParseWork(gowork, text, nil); err == nil {
			for _, use := range work.Use {
				roots = append(roots, absolute(filepath.Dir(gowork), use.Path))
			}
			roots = append(roots, replacements(filepath.Dir(gowork), work.Replace)...)
		}
	}
	for i := 0; i < len(roots); i++ { // those of a replacement are not used, but that does no harm
		dir := roots[i]
		name := filepath.Join(dir, "go.mod")
		text, err := os.ReadFile(name)
		if err != nil || slices.Contains(s.files, name) {
			continue
		}
		s.files = append(s.files, name, filepath.Join(dir, "go.sum"), filepath.Join(dir, "vendor", "modules.txt"))
		if file, err := modfile.Parse(name, text, nil); err == nil && file.Module != nil {
			s.modules = append(s.modules, localModule{file.Module.Mod.Path, dir})
			roots = append(roots, replacements(dir, file.Replace)...)
			for _, replace := range file.Replace {
				if replace.New.Version == "" {
					s.modules = append(s.modules, localModule{replace.Old.Path, absolute(dir, replace.New.Path)})
				}
			}
		}
	}
	return s
}

func replacements(dir string, all []*modfile.Replace) (dirs []string) {
	for _, replace := range all {
		if replace.New.Version == "" {
			dirs = append(dirs, absolute(dir, replace.New.Path))
		}
	}
	return dirs
}

func absolute(dir, name string) string {
	if name = filepath.FromSlash(name); filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// dirOf returns the folder of a package, empty if none of the modules has it.
func (s surroundings) dirOf(pkg string) string {
	best, dir := "", ""
	for _, module := range s.modules {
		rest, ok := strings.CutPrefix(pkg+"/", module.path+"/")
		if ok && len(module.path) > len(best) {
			best, dir = module.path, filepath.Join(module.dir, filepath.FromSlash(rest))
		}
	}
	return dir
}

// hash identifies the contents of the files, as read returns them; nil for one that does not
// exist.
func (s surroundings) hash(read func(name string) []byte) string {
	hash := sha256.New()
	for _, name := range s.files {
		_, _ = fmt.Fprintf(hash, "%s\x00%s\x00", name, read(name))
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:12])
}

func readFile(name string) []byte {
	text, _ := os.ReadFile(name)
	return text
}

// programs are the beginnings of executable files.
var programs = []string{"\x7fELF", "#!", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"}

// isProgram reports whether a file that was opened may have been started: os.StartProcess logs
// what it starts as opened.
func isProgram(name string) bool {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
		return false
	}
	file, err := os.Open(name)
	if err != nil {
		return true
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 4)
	n, _ := io.ReadFull(file, head)
	return slices.ContainsFunc(programs, func(start string) bool { return bytes.HasPrefix(head[:n], []byte(start)) })
}

// runsSome reports whether the arguments of a test binary may leave out some of its tests.
func runsSome(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		name, ok := flagName(arg)
		return ok && slices.Contains([]string{"run", "skip", "list", "fuzz"}, name)
	})
}
