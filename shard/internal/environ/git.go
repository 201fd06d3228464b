package environ

import (
	"slices"
	"strings"
)

// ForGit returns the environment for git commands about the repository of their folder: in
// English, and without the variables that a git hook has for its repository.
func (l List) ForGit() List {
	env := slices.DeleteFunc(slices.Clone(l), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}, name)
	})
	return append(env, "LC_ALL=C")
}
