package linkcache

import (
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

// Package early runs all other tools. The linker needs more packages, but not those that come later.
func init() {
	if early.IsTool(os.Args[1:]) {
		os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr))
	}
}
