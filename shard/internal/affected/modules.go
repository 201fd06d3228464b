package affected

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// GoMod compares two versions of a go.mod file. It returns the paths of the modules whose
// version or replacement differs, or why all packages are concerned.
func GoMod(name string, before, after []byte) (modules []string, everything string) {
	was, err := modfile.Parse(name, before, nil)
	if err != nil {
		return nil, name + " could not be read before its change"
	}
	is, err := modfile.Parse(name, after, nil)
	if err != nil {
		return nil, name + " cannot be read"
	}
	for _, directive := range []struct{ name, was, is string }{
		{"module", modulePath(was), modulePath(is)},
		{"go", goLine(was), goLine(is)},
		{"toolchain", toolchainLine(was), toolchainLine(is)},
		{"godebug, exclude or ignore", otherLines(was), otherLines(is)},
	} {
		if directive.was != directive.is {
			return nil, fmt.Sprintf("%s changed its %s", name, directive.name)
		}
	}
	had, has := versions(was), versions(is)
	for _, path := range slices.Sorted(maps.Keys(union(had, has))) {
		if had[path] != has[path] {
			modules = append(modules, path)
		}
	}
	if pruned := is.Go != nil && semver.Compare("v"+is.Go.Version, "v1.17") >= 0; len(modules) > 0 && !pruned {
		return nil, name + " changed, and before go 1.17 it does not list all modules"
	}
	return modules, ""
}

func modulePath(file *modfile.File) string {
	if file.Module == nil {
		return ""
	}
	return file.Module.Mod.Path
}

func goLine(file *modfile.File) string {
	if file.Go == nil {
		return ""
	}
	return file.Go.Version
}

func toolchainLine(file *modfile.File) string {
	if file.Toolchain == nil {
		return ""
	}
	return file.Toolchain.Name
}

// otherLines are the directives that can concern every package. retract and tool concern
// none.
func otherLines(file *modfile.File) string {
	var all []string
	for _, statement := range file.Syntax.Stmt {
		var lines []*modfile.Line
		verb := ""
		switch statement := statement.(type) {
		case *modfile.Line:
			verb, lines = statement.Token[0], []*modfile.Line{statement}
		case *modfile.LineBlock:
			verb, lines = statement.Token[0], statement.Line
		}
		if slices.Contains([]string{"module", "go", "toolchain", "require", "replace", "retract", "tool", ""}, verb) {
			continue
		}
		for _, line := range lines {
			all = append(all, verb+" "+strings.TrimPrefix(strings.Join(line.Token, " "), verb+" "))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// versions returns what go.mod says about each module.
func versions(file *modfile.File) map[string]string {
	all := map[string]string{}
	for _, require := range file.Require {
		all[require.Mod.Path] += require.Mod.Version + "\n"
	}
	for _, replace := range file.Replace {
		all[replace.Old.Path] += fmt.Sprintf("%s => %s\n", replace.Old.Version, replace.New)
	}
	return all
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return all
}

// GoSum compares two versions of a go.sum file. It returns the paths of the modules of which the
// selected version has another hash.
func GoSum(before, after []byte, selected map[string]string) (modules []string) {
	had, has := sums(before, selected), sums(after, selected)
	for _, path := range slices.Sorted(maps.Keys(union(had, has))) {
		if had[path] != has[path] {
			modules = append(modules, path)
		}
	}
	return modules
}

func sums(text []byte, selected map[string]string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 3 && selected[fields[0]] == fields[1] {
			all[fields[0]] = fields[2]
		}
	}
	return all
}

// Vendored compares two versions of a vendor/modules.txt. It returns the paths of the modules
// whose entry differs.
func Vendored(before, after []byte) (modules []string) {
	had, has := entries(before), entries(after)
	for _, path := range slices.Sorted(maps.Keys(union(had, has))) {
		if had[path] != has[path] {
			modules = append(modules, path)
		}
	}
	return modules
}

func entries(text []byte) map[string]string {
	all, path := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			path, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
		}
		if path != "" {
			all[path] += line
		}
	}
	return all
}
