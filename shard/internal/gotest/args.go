package gotest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// withoutValue are the flags of go test (go help test, testflag, build) that never take
// the next argument as their value.
var withoutValue = map[string]bool{
	"a": true, "artifacts": true, "asan": true, "benchmem": true, "buildvcs": true, "c": true,
	"cover": true, "failfast": true, "fullpath": true, "h": true, "help": true, "i": true,
	"json": true, "linkshared": true, "modcacherw": true, "msan": true, "n": true, "race": true,
	"short": true, "trimpath": true, "v": true, "work": true, "x": true,
}

// withValue are the other flags. A flag in neither list belongs to the test, and the go
// command cannot distinguish its value from a package either.
var withValue = map[string]bool{
	"C": true, "asmflags": true, "bench": true, "benchtime": true, "blockprofile": true,
	"blockprofilerate": true, "buildmode": true, "compiler": true, "count": true,
	"covermode": true, "coverpkg": true, "coverprofile": true, "cpu": true, "cpuprofile": true,
	"exec": true, "fuzz": true, "fuzzminimizetime": true, "fuzztime": true, "gccgoflags": true,
	"gcflags": true, "installsuffix": true, "ldflags": true, "list": true, "memprofile": true,
	"memprofilerate": true, "mod": true, "modfile": true, "mutexprofile": true,
	"mutexprofilefraction": true, "o": true, "outputdir": true, "overlay": true, "p": true,
	"parallel": true, "pgo": true, "pkgdir": true, "run": true, "shuffle": true, "skip": true,
	"tags": true, "timeout": true, "toolexec": true, "trace": true, "vet": true,
}

// Args are the arguments of one go test command, without "go test" and -json.
type Args []string

// flagAt returns the name and value of the go command's flag at i, the number of its
// arguments, and whether there is one.
func (a Args) flagAt(i int) (name, value string, length int, ok bool) {
	arg := a[i]
	name = strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	if name == arg || name == "" || name[0] == '-' {
		return "", "", 1, false
	}
	name, value, hasValue := strings.Cut(name, "=")
	name = strings.TrimPrefix(name, "test.")
	if !hasValue && withValue[name] && i+1 < len(a) {
		return name, a[i+1], 2, true
	}
	return name, value, 1, withValue[name] || withoutValue[name]
}

// Unfinished reports whether the last argument is a flag without the value that it needs.
func (a Args) Unfinished() bool {
	with := append(slices.Clone(a), "x")
	length := 1
	for i, end := 0, with.end(); i < end; i += length {
		_, _, length, _ = with.flagAt(i)
	}
	return length == 2 && with.end() == len(with)
}

// IsFlag reports whether an argument is a flag of the go command.
func IsFlag(arg string) bool {
	_, _, _, ok := Args{arg}.flagAt(0)
	return ok
}

// layout returns the indexes of the packages, and the index of the first argument that
// belongs to the test binary, or the number of arguments. It follows
// cmd/go/internal/test.testFlags: the first unbroken sequence of words is the packages,
// unless a flag that is not the go command's own comes before it. A later word ends the
// flags, as -args and -- do, unless it may be the value of such a flag.
func (a Args) layout() (packages []int, end int) {
	inPackages, complete, mayBeValue := false, false, false
	for i := 0; i < len(a); {
		if a[i] == "-args" || a[i] == "--args" || a[i] == "--" {
			return packages, i
		}
		_, _, length, known := a.flagAt(i)
		switch isFlag := len(a[i]) > 1 && a[i][0] == '-'; {
		case !isFlag && complete && !inPackages && !mayBeValue:
			return packages, i
		case !isFlag && complete && !inPackages:
			mayBeValue = false
		case !isFlag:
			packages = append(packages, i)
			inPackages, complete = true, true
		default:
			inPackages = false
			mayBeValue = !known && !strings.Contains(a[i], "=")
			complete = complete || !known
		}
		i += length
	}
	return packages, len(a)
}

// end returns the index of the first argument that belongs to the test binary, or the
// number of arguments.
func (a Args) end() int {
	_, end := a.layout()
	return end
}

// Lookup returns the value of the last flag with that name, as the go command does.
func (a Args) Lookup(name string) (value string, ok bool) {
	for i, end := 0, a.end(); i < end; {
		flag, v, length, known := a.flagAt(i)
		if known && flag == name {
			value, ok = v, true
		}
		i += length
	}
	return value, ok
}

// namesPackages reports whether an argument names a package, or may name one: after an
// unknown flag, its value cannot be distinguished from a package.
func (a Args) namesPackages() bool {
	end := a.end()
	for i := 0; i < end; {
		if !strings.HasPrefix(a[i], "-") {
			return true
		}
		_, _, length, _ := a.flagAt(i)
		i += length
	}
	return end < len(a) && !strings.HasPrefix(a[end], "-")
}

// listFlags are the build flags that decide which packages and files there are, or whether
// go list may look for them.
var listFlags = map[string]bool{
	"asan": true, "buildvcs": true, "compiler": true, "installsuffix": true, "mod": true, "modcacherw": true, "modfile": true,
	"msan": true, "overlay": true, "race": true, "tags": true,
}

// listArguments returns the go list flags and the packages of a go test command with these
// arguments.
func (a Args) listArguments() (flags, packages []string) {
	indexes, end := a.layout()
	for i := 0; i < end; {
		name, _, length, known := a.flagAt(i)
		if known && listFlags[name] {
			flags = append(flags, a[i:i+length]...)
		}
		i += length
	}
	for _, i := range indexes {
		packages = append(packages, a[i])
	}
	return flags, packages
}

// WithPackages returns the arguments with these packages instead of their own. The packages
// come first, where they cannot be taken for the value of a flag.
func (a Args) WithPackages(packages []string) Args {
	named, _ := a.layout()
	with := slices.Clone(packages)
	for i, arg := range a {
		if !slices.Contains(named, i) {
			with = append(with, arg)
		}
	}
	return with
}

// Packages returns the arguments that name packages.
func (a Args) Packages() []string {
	_, packages := a.listArguments()
	return packages
}

// perPackage are the flags of which each may be for other packages, so that several count.
var perPackage = []string{"asmflags", "gccgoflags", "gcflags", "ldflags"}

// WithFlags returns the arguments with more flags behind the others, which override them.
func (a Args) WithFlags(flags []string) Args {
	rest := slices.Clone(a)
	for i, more := 0, Args(flags); i < more.end(); {
		name, _, length, known := more.flagAt(i)
		if known && !slices.Contains(perPackage, name) {
			rest = rest.Without(name)
		}
		i += length
	}
	return slices.Insert(rest, rest.end(), flags...)
}

// BuildFlags returns the flags that decide which packages and files there are.
func (a Args) BuildFlags() Args {
	flags, _ := a.listArguments()
	if dir, ok := a.Lookup("C"); ok {
		flags = append([]string{"-C=" + dir}, flags...)
	}
	return flags
}

// Without returns the arguments without the flags of those names. Arguments that only such
// a flag kept from being a package or a flag's value are moved after -args.
func (a Args) Without(names ...string) Args {
	var kept Args
	end := a.end()
	for i := 0; i < end; {
		flag, _, length, known := a.flagAt(i)
		if !known || !slices.Contains(names, flag) {
			kept = append(kept, a[i:i+length]...)
		}
		i += length
	}
	if end < len(a) && !strings.HasPrefix(a[end], "-") {
		kept = append(kept, "-args")
	}
	return append(kept, a[end:]...)
}

// DefaultPackages returns the packages to test on workers if the user names none. This is
// Everything also if there are other arguments and the directory has no package of its own,
// where go test could only fail. dir is where the go command runs, empty for the current
// directory.
func DefaultPackages(env environ.List, dir string, args Args) []string {
	files, err := filepath.Glob(filepath.Join(args.folder(dir), "*.go"))
	if len(args) > 0 && (args.namesPackages() || err != nil || len(files) > 0) {
		return nil
	}
	return []string{Everything(env, dir, args)}
}

// Everything returns the argument that stands for all packages: ./..., or work, the packages of
// all modules of a workspace, in the root of one that belongs to no module, where go test has an
// error for ./... instead. dir is that of DefaultPackages.
func Everything(env environ.List, dir string, args Args) string {
	if env.Get("GOWORK") == "" && isWorkspaceAlone(args.folder(dir)) {
		return "work"
	}
	return "./..."
}

// folder returns where the go command works if it is started in dir.
func (a Args) folder(dir string) string {
	if change, ok := a.Lookup("C"); ok {
		return within(dir, change)
	}
	return dir
}

// isWorkspaceAlone reports whether a folder has a go.work and is in no module.
func isWorkspaceAlone(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	has := func(dir, name string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && info.Mode().IsRegular()
	}
	if !has(dir, "go.work") {
		return false
	}
	for at := dir; !has(at, "go.mod"); at = filepath.Dir(at) {
		if at == filepath.Dir(at) {
			return true
		}
	}
	return false
}

// HookedCommand returns Command with every test binary passed to hook, the words for go
// test -exec. The user's -C goes first, as it must. The user's -exec and -timeout are
// left to the hook, because the go command would count the time that a binary waits for a
// worker. The go command starts at least parallel test binaries at once (0 leaves the
// number to it), and starts those of the packages in first before all others. These must
// be among the packages of the arguments.
func HookedCommand(args Args, packages []string, hook string, parallel int, first []string) []string {
	var leading []string
	if dir, ok := args.Lookup("C"); ok {
		leading = append(leading, "-C="+dir)
	}
	leading = append(leading, "-json", "-exec="+hook, "-timeout=0")
	if parallel > 0 {
		leading = append(leading, fmt.Sprintf("-p=%d", parallel))
	}
	command := assemble(leading, args.Without("C", "exec", "timeout", "json"), defaultPackages(args, packages))
	if i := Args(command[2:]).firstPackage(); i >= 0 {
		command = slices.Insert(command, 2+i, first...)
	}
	return command
}

// firstPackage returns the index of the first argument that certainly is a package, or -1.
func (a Args) firstPackage() int {
	for i, end := 0, a.end(); i < end; {
		_, _, length, known := a.flagAt(i)
		switch {
		case !strings.HasPrefix(a[i], "-"):
			return i
		case !known: // the next argument may be its value
			return -1
		}
		i += length
	}
	return -1
}

// ListCommand returns a go list command that prints comma-separated fields of the packages
// that Command and HookedCommand test, as JSON. It includes packages that do not load, with
// an error, and does not look at their imports.
func ListCommand(args Args, packages []string, fields string) []string {
	return listCommand(args, packages, "-find", "-json="+fields)
}

// GraphCommand is ListCommand for these packages, their test binaries, and all that these are
// built from.
func GraphCommand(args Args, packages []string, fields string) []string {
	return listCommand(args, packages, "-deps", "-test", "-json="+fields)
}

func listCommand(args Args, packages []string, how ...string) []string {
	list := []string{"go", "list"}
	if dir, ok := args.Lookup("C"); ok {
		list = append(list, "-C="+dir)
	}
	test := assemble(nil, args.Without("C"), defaultPackages(args, packages))
	flags, found := Args(test[2:]).listArguments()
	return slices.Concat(list, []string{"-e"}, how, flags, []string{"--"}, found)
}

func defaultPackages(args Args, packages []string) []string {
	if len(args) == 0 && len(packages) == 0 {
		return []string{"./..."}
	}
	return packages
}

func assemble(leading []string, args Args, packages []string) []string {
	end := slices.IndexFunc(args, func(arg string) bool { return arg == "-args" || arg == "--args" })
	if end < 0 {
		end = len(args)
	}
	return slices.Concat([]string{"go", "test"}, leading, args[:end], packages, args[end:])
}
