package option

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Linking is whether programs that the go command has linked are kept.
type Linking struct {
	// LinkCache is the folder for them, absolute, empty for none.
	LinkCache string
	// LinkCacheAsked is whether the user asked for it, and not only for a mode that has it.
	LinkCacheAsked bool
	// LinkCacheSize is how much they are together at most.
	LinkCacheSize Bytes
}

// The words that --link-cache may have instead of a folder.
const (
	linkAuto = "auto" // a folder in the user's cache directory
	linkOff  = "off"
)

func (l *Linking) flags() []flag {
	return []flag{
		{name: "link-cache", to: &l.LinkCache, bare: linkAuto,
			help: "keep linked test binaries in `DIR` (default a folder in the user's cache directory), and do not link the same one again; off: never; " +
				"watch mode, gotestshard last, stress and trial have it without this flag"},
		{name: "link-cache-size", to: &l.LinkCacheSize, value: "2G", help: "how much --link-cache keeps; what was not used for the longest time goes first"},
	}
}

// settle finds out which folder it is.
func (l *Linking) settle(i Invocations, g GoTest, w Watching) error {
	asked := l.LinkCache
	l.LinkCacheAsked = asked != "" && asked != linkOff
	foreign := len(i.Shards) > 0 || g.RawCommand
	switch {
	case l.LinkCacheAsked && foreign:
		return errors.New("--link-cache cannot be used with --shard or --raw-command, which run your own commands; " +
			"leave it out (a --shard command can itself be gotestshard --link-cache)")
	case asked == linkOff:
		l.LinkCache = ""
	case asked == linkAuto:
		if err := l.turnOn(); err != nil {
			return fmt.Errorf("--link-cache: finding the user's cache directory: %w; write --link-cache=DIR", err)
		}
	case asked == "" && w.Watch && !foreign:
		_ = l.turnOn()
	case asked != "":
		dir, err := filepath.Abs(asked)
		if err != nil {
			return fmt.Errorf("--link-cache %s: %w", asked, err)
		}
		l.LinkCache = dir
	}
	return nil
}

// turnOn chooses the folder in the user's cache directory.
func (l *Linking) turnOn() error {
	l.LinkCache = ""
	cache, err := os.UserCacheDir()
	if err == nil {
		l.LinkCache = filepath.Join(cache, "gotestshard", "link")
	}
	return err
}
