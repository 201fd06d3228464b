package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// Module is the path of the module that a folder is in: that of the nearest
// go.mod, in it or above. It runs no go command.
func Module(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the module of %s: %w", dir, err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		file := filepath.Join(at, "go.mod")
		text, err := os.ReadFile(file)
		switch path := modfile.ModulePath(text); {
		case err == nil && path != "":
			return path, nil
		case err == nil:
			return "", fmt.Errorf("find the module of %s: %s has no module line", dir, file)
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("find the module of %s: %w", dir, err)
		case at == filepath.Dir(at):
			return "", fmt.Errorf("find the module of %s: no go.mod in it or above", dir)
		}
	}
}
