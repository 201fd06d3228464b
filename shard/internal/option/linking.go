package option

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Linking is whether programs that the go command has linked are kept.
type Linking struct {
	// LinkCache is the folder for them, absolute, empty for none.
	LinkCache string
	// LinkCacheAsked is whether the user asked for it, and not only for a mode that has it.
	LinkCacheAsked bool
	// LinkCacheSize is how many bytes they have together at most.
	LinkCacheSize int64
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
				"watch mode and gotestshard last have it without this flag"},
		{name: "link-cache-size", to: (*sizeValue)(&l.LinkCacheSize), value: "2GB", help: "how much --link-cache keeps; what was not used for the longest time goes first"},
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

// sizeValue is a number of bytes with a unit.
type sizeValue int64

var units = []struct {
	name  string
	bytes float64
}{{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}}

func (v *sizeValue) Type() string { return "SIZE" }

func (v *sizeValue) String() string {
	for i := len(units) - 2; i >= 0; i-- {
		if size := int64(units[i].bytes); *v != 0 && int64(*v)%size == 0 {
			return fmt.Sprint(int64(*v)/size, units[i].name)
		}
	}
	return fmt.Sprint(int64(*v), "B")
}

func (v *sizeValue) Set(text string) error {
	for _, unit := range units {
		number, ok := strings.CutSuffix(strings.ToUpper(text), unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || n*unit.bytes >= math.MaxInt64 || math.IsNaN(n) {
			break
		}
		*v = sizeValue(n * unit.bytes)
		return nil
	}
	return errors.New("write a number with a unit, such as 500MB or 2GB")
}
