package uncached

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// How much is kept.
const (
	mostStates   = 4 // of a package: with and without -race, for example
	mostFurther  = 2
	mostPrograms = 3
	mostInputs   = 2000    // of a state
	mostEntries  = 500     // of a folder
	mostContent  = 1 << 20 // of a file in bytes; the content of a larger one is not compared
	mostHashed   = 32 << 20
	longest      = 30 * 24 * time.Hour // without a write
)

// recordVersion changes when older records cannot be compared.
const recordVersion = 1

// record is what is known of the runs of a package.
type record struct {
	Version int
	Run     string // the id of the last run in which it was not cached
	Reason  string // why
	// States are those of earlier runs with different binaries or arguments, the newest first.
	// A run whose result could not be cached does not change them.
	States []state
	// Further are the last states of runs whose result could not be cached, as with -count=1:
	// they only show what the tests read.
	Further []state `json:",omitempty"`
}

// state is what a result depends on, as the go command computes it.
type state struct {
	Time time.Time // when the run ended
	identity
	Zone   string // modification times are written in the local time zone (cmd/go, hashWriteStat)
	Key    []byte // of the hashes
	Inputs []input
	More   bool // there were more inputs
	// Root is the folder of the repository, to which inputs are restricted.
	Root string `json:",omitempty"`
	// Modules is surroundings.hash.
	Modules string `json:",omitempty"`
	// Some is whether only some of the tests ran, or may have.
	Some bool `json:",omitempty"`
	// Programs are what the tests started, as far as it is listed.
	Programs []string `json:",omitempty"`

	// Why no result was kept.
	Failed bool
	Lost   bool   // the log is missing or cut off
	Early  string // a file that was read less than modTimeCutoff after it was written
}

// folder has the records of all packages.
type folder string

func folderIn(cache string) folder { return folder(filepath.Join(cache, "gotestshard")) }

func (f folder) name(pkg string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, filepath.Base(pkg))
	hash := sha256.Sum256([]byte(pkg))
	return filepath.Join(string(f), fmt.Sprintf("%.40s-%x.json", strings.TrimLeft(readable, ".-"), hash[:8]))
}

// read returns an empty record if there is none that can be used.
func (f folder) read(pkg string) (r record) {
	text, err := os.ReadFile(f.name(pkg))
	if err != nil || json.Unmarshal(text, &r) != nil || r.Version != recordVersion || !r.isWhole() {
		r = record{}
	}
	r.Version = recordVersion
	return r
}

// isWhole reports whether a record has what its readers rely on. One of another program, or from a
// cache that others write to, may not.
func (r record) isWhole() bool {
	for _, s := range slices.Concat(r.States, r.Further) {
		for _, in := range s.Inputs {
			if in.Op != opEnv && in.Look == nil {
				return false
			}
		}
	}
	return true
}

func (f folder) write(pkg string, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(string(f), "new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), f.name(pkg))
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// removeOld looks once a day for records of packages that are gone.
func (f folder) removeOld(now time.Time) {
	mark := filepath.Join(string(f), "looked")
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()) < 24*time.Hour {
		return
	}
	if os.WriteFile(mark, nil, 0o600) != nil || os.Chtimes(mark, now, now) != nil {
		return
	}
	entries, _ := os.ReadDir(string(f))
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > longest {
			_ = os.Remove(filepath.Join(string(f), entry.Name()))
		}
	}
}
