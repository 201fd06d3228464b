package uncached

import (
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// newBinary returns what is new in a test binary, and how much that is.
func (now current) newBinary(before state) (text string, weight int) {
	const isNew = "test binary is new: "
	if now.Dir != before.Dir && now.settings["-trimpath"] != "true" {
		return isNew + "the package was in " + plain.Line(before.Dir), 1
	}
	var settings []string
	for name := range union(now.settings, before.Settings) {
		if value, ok := now.settings[name]; before.secret(value, ok) != before.Settings[name] {
			settings = append(settings, name)
		}
	}
	slices.Sort(settings)
	changed, gone := now.changedParts(before.identity)
	switch {
	case now.Go != before.Go:
		return isNew + now.Go + " instead of " + before.Go, 1 + len(settings)
	case len(settings) > 0:
		return isNew + some(settings) + differs(settings), len(settings)
	case len(changed) > 0:
		return isNew + some(changed) + " changed", len(changed)
	case gone:
		return isNew + "it no longer needs some package", 1
	}
	return isNew + "not known why; its packages, modules and build settings, and the version of Go, are those of its last run", 1
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}

// changedParts returns what was not in an earlier binary: what has another source, or, if that is
// true of none of it, what the compiler made something else of. gone is whether the earlier binary had
// something that is missing now.
func (now current) changedParts(before identity) (names []string, gone bool) {
	had, sources := map[partHash]bool{}, map[[8]byte]bool{}
	source := func(hash partHash) [8]byte { return [8]byte(slices.Concat(hash[:4], hash[8:])) }
	for chunk := range slices.Chunk(before.Built, partSize) {
		if len(chunk) == partSize {
			had[partHash(chunk)], sources[source(partHash(chunk))] = true, true
		}
	}
	var compiled []string
	for _, p := range now.built {
		hash := p.hash()
		if had[hash] {
			delete(had, hash)
			continue
		}
		name := now.short(p.path)
		if !slices.Contains(compiled, name) {
			compiled = append(compiled, name)
		}
		if !sources[source(hash)] && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = compiled
	}
	slices.Sort(names)
	return names, len(had) > 0
}

// short is a package's path within the module. The external tests of a package count as the package.
func (now current) short(path string) string {
	if path == now.pkg+"_test" {
		path = now.pkg
	}
	if rest, ok := strings.CutPrefix(path, now.module+"/"); ok {
		return rest
	}
	return path
}
