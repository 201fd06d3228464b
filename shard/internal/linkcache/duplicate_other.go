//go:build !darwin

package linkcache

import "os"

// duplicate copies a kept program to a new file.
func duplicate(kept *os.File, output string) (*os.File, error) { return copyFile(kept, output) }
