package caching

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// trim removes from the build cache what was not used since prepare or the last trim, and of the
// rest the least recently used, so that a CI stores only what its next job may need.
func trim(ctx context.Context, asked option.Cache, stdout, stderr io.Writer) error {
	if len(asked.Args) > 0 {
		return fmt.Errorf("gotestshard cache trim takes no arguments, but there is %q; the build cache is the one that go env GOCACHE prints", asked.Args[0])
	}
	env, err := readGoEnv(ctx, asked.Environ)
	switch {
	case err != nil:
		return err
	case env.GOCACHEPROG != "":
		return errors.New("GOCACHEPROG is set, so the go command keeps its build cache in that program, and gotestshard cache trim cannot trim it; leave out this command")
	case env.GOCACHE == cacheOff:
		return errors.New("GOCACHE is off, so there is no build cache to trim; leave out this command")
	}
	c := buildCache{env.GOCACHE}
	since, err := c.since()
	if err != nil {
		return err
	}
	entries, err := c.entries()
	if err != nil {
		return err
	}
	if since.IsZero() {
		if _, err := fmt.Fprintln(stderr, "What was used is not known, because gotestshard cache prepare did not run before; it will be known to the next trim."); err != nil {
			return err
		}
	}
	kept, removed := choose(c.link(entries), since.Add(-usedAge), int64(asked.Max))
	for _, entry := range removed {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := os.RemoveAll(c.path(entry.name)); err != nil {
			return fmt.Errorf("removing an entry of the build cache: %w", err)
		}
	}
	if err := c.age(kept, time.Now()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "trimmed %s: %s of %s kept, %s of %s removed\n", c.dir,
		plain.Counted(len(kept), "file"), sizeOf(kept), plain.Counted(len(removed), "file"), sizeOf(removed))
	return err
}

// result is what the build cache has of one action: an entry that says what it made, and its data.
type result struct {
	entries []cacheEntry // one of them if the other is missing
	used    time.Time    // the action: the same data, such as none, may be that of many actions
}

// link returns the entries as results. The data of an action has its hash in the action's file, and
// may be that of several actions.
func (c buildCache) link(entries []cacheEntry) (results []result) {
	data := map[string]cacheEntry{}
	for _, entry := range entries {
		if strings.HasSuffix(entry.name, dataEnd) {
			data[entry.name] = entry
		}
	}
	linked := map[string]bool{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.name, actionEnd) {
			continue
		}
		r := result{[]cacheEntry{entry}, entry.used}
		text, _ := os.ReadFile(c.path(entry.name)) // one that cannot be read has no data
		if of, ok := data[dataOf(string(text))]; ok {
			linked[of.name] = true
			r.entries = append(r.entries, of)
		}
		results = append(results, r)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.name, dataEnd) && !linked[entry.name] {
			results = append(results, result{[]cacheEntry{entry}, entry.used})
		}
	}
	return results
}

// dataOf returns the name of the data's entry in the file of an action, "v1 ACTION DATA SIZE TIME",
// empty if it has none.
func dataOf(action string) string {
	fields := strings.Fields(action)
	if len(fields) != 5 || len(fields[2]) < 2 {
		return ""
	}
	return filepath.Join(fields[2][:2], fields[2]+dataEnd)
}

// choose decides which entries stay: those of results that were used after a moment, the most
// recently used first, while they have at most a size in bytes, if that is not 0.
func choose(results []result, after time.Time, size int64) (kept, removed []cacheEntry) {
	slices.SortStableFunc(results, func(a, b result) int { return b.used.Compare(a.used) })
	stays := map[string]bool{}
	total, full := int64(0), false
	for _, r := range results {
		more := int64(0)
		for _, entry := range r.entries {
			if !stays[entry.name] {
				more += entry.size
			}
		}
		full = full || size > 0 && total+more > size
		if full || !r.used.After(after) {
			continue
		}
		total += more
		for _, entry := range r.entries {
			stays[entry.name] = true
		}
	}
	seen := map[string]bool{}
	for _, r := range results {
		for _, entry := range r.entries {
			switch {
			case seen[entry.name]:
			case stays[entry.name]:
				kept = append(kept, entry)
			default:
				removed = append(removed, entry)
			}
			seen[entry.name] = true
		}
	}
	byName := func(a, b cacheEntry) int { return cmp.Compare(a.name, b.name) }
	slices.SortFunc(kept, byName)
	slices.SortFunc(removed, byName)
	return kept, removed
}

// sizeOf returns the size of entries as --max has it, with one decimal.
func sizeOf(entries []cacheEntry) string {
	size := 0.0
	for _, entry := range entries {
		size += float64(entry.size)
	}
	unit := ""
	for _, next := range "KMGT" {
		if size < 1024 {
			break
		}
		size, unit = size/1024, string(next)
	}
	if unit == "" {
		return fmt.Sprintf("%.0fB", size)
	}
	return fmt.Sprintf("%.1f%s", size, unit)
}
