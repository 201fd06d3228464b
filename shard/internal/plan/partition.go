package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// Part is what one of several CI nodes runs. Its JSON form is what the digest is
// made of and what a result file carries.
type Part struct {
	Packages []PartPackage // sorted by name; empty when there is less to run than there are parts
	Expected time.Duration // of one worker for all of it, in nanoseconds; 0 without history
}

// PartPackage is what a part runs of one package.
type PartPackage struct {
	Name string // import path
	// Tests are the selected top-level tests of the part, in the order of the
	// package. They are empty for a package whose tests are not known, or that has none.
	Tests []string
	// Whole is whether the part has all of the package, and runs it as one binary
	// that nobody else runs.
	Whole bool
	// Rest is whether the part also runs the tests that the source does not show:
	// of all parts that have something of a package, one does. It is true for a
	// whole package.
	Rest bool
}

// Digest is what the same plan has on every node: a SHA-256 of all parts, in
// hexadecimal.
func Digest(parts []Part) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // there is nothing in it that cannot be marshalled
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Partition shares the packages out to parts CI nodes, 1 or more: every test is
// in exactly one of them. The same packages, in any order, give the same parts
// on every node, whatever the number of its workers.
//
// What a mode keeps together stays together, also a group over several packages,
// since nodes cannot wait for each other; a package that is Whole or Serial is
// never cut. Parts are balanced by the Estimates, with one Start for each part
// that has something of a package; a test without one counts as the median of
// those that have one; where nothing is known, all count the same. Packages without
// tests, which nobody has to wait for, go where a hash of their name says.
//
// With a history and whole packages it is longest first, and else the packages in
// an order, cut where the shares end. Random suites of 200 packages, of 5 to 2000 tests,
// most of them short, with 4 parts, gave the following; the longest part is in shares.
//
//	                             longest part  packages cut  one more test moves
//	whole, known: longest first       1.05          0          17 % of the tests
//	              cut                 1.11          0           0
//	whole, not known: longest first   1.04          0          17 %
//	              cut                 1.09          0           0.02 %
//	tests, known: longest first       1.21        568          39 %
//	              cut                 1.02          1           0.01 %
//
// A history changes with each run, so that there is nothing to be kept where it is;
// without one the length is a guess, so that an exact balance of it is worth little.
// The order is that of the names, or without a history that of a hash of them: slow
// packages tend to stand together, as e2e/… do, and then all would be in one part.
func Partition(mode Mode, parts int, packages []Package) []Part {
	parts = max(parts, 1)
	c := newCutter(mode, packages)
	var of [][]*chunk
	if c.known && !mode.Splits() {
		of = c.longestFirst(parts)
	} else {
		of = c.contiguous(parts)
	}
	for _, p := range c.idle {
		at := hash(c.packages[p.pkg].Name) % uint64(parts)
		of[at] = append(of[at], &chunk{pieces: []piece{p}})
	}
	return c.parts(of)
}

// hash is the same on every node and in every version.
func hash(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])
}

// piece is tests of one package that no part may cut.
type piece struct {
	pkg   int   // index
	tests []int // indexes of the package's tests; none for a package whose tests are not known
}

// chunk is pieces that have to be in the same part: more than one only for a
// group over several packages.
type chunk struct {
	pieces []piece
	cost   time.Duration // without the start of its first package
}

// cutter is the packages of a partition.
type cutter struct {
	packages []Package       // in the order in which they are cut
	known    bool            // whether anything is known of how long tests take
	unknown  time.Duration   // what a test without an estimate counts as
	most     time.Duration   // what one test or start counts as at most, so that no sum overflows
	chunks   []*chunk        // by package, and in that in the order of the tests
	idle     []piece         // packages with nothing that anybody has to wait for
	starts   []time.Duration // of each package
}

func newCutter(mode Mode, packages []Package) *cutter {
	c := &cutter{packages: slices.Clone(packages), starts: make([]time.Duration, len(packages))}
	counted := 1 // the start of a package at most once with each of its tests
	for _, p := range packages {
		counted += 2 * (1 + len(p.Tests))
	}
	c.most = math.MaxInt64 / 2 / time.Duration(counted)
	c.learn()
	slices.SortStableFunc(c.packages, func(a, b Package) int {
		if !c.known {
			if order := cmp.Compare(hash(a.Name), hash(b.Name)); order != 0 {
				return order
			}
		}
		return strings.Compare(a.Name, b.Name)
	})
	join := newJoiner()
	for i, p := range c.packages {
		if c.known {
			c.starts[i] = min(max(p.Start, 0), c.most)
		}
		if len(p.Tests) == 0 && p.Estimate <= 0 {
			c.idle = append(c.idle, piece{pkg: i})
			continue
		}
		for _, u := range pieces(mode, p) {
			var names []string
			if mode == LoadGroup {
				for _, test := range u.tests {
					if group := p.Tests[test].Group; group != "" {
						names = append(names, group)
					}
				}
			}
			join.add(piece{pkg: i, tests: u.tests}, names)
		}
	}
	c.chunks = join.chunks()
	for _, k := range c.chunks {
		before := map[int]bool{k.pieces[0].pkg: true}
		for _, p := range k.pieces {
			k.cost += c.cost(p)
			if !before[p.pkg] {
				before[p.pkg] = true
				k.cost += c.starts[p.pkg]
			}
		}
	}
	return c
}

// pieces returns what no part may cut of a package, in the order of the tests.
func pieces(mode Mode, p Package) []unit {
	switch {
	case !mode.Splits(), p.Whole, p.Serial, len(p.Tests) == 0:
		return []unit{whole(p, mode)}
	case mode == LoadFile:
		return files(p)
	}
	return single(p) // groups are joined later
}

// learn finds out what a test without an estimate counts as.
func (c *cutter) learn() {
	var known []time.Duration
	for _, p := range c.packages {
		c.known = c.known || len(p.Tests) == 0 && p.Estimate > 0
		for _, t := range p.Tests {
			if t.Estimate > 0 {
				known = append(known, t.Estimate)
			}
		}
	}
	c.unknown = time.Second // whatever it is: all count the same
	if len(known) > 0 {
		c.known = true
		slices.Sort(known)
		c.unknown = known[len(known)/2]
	}
}

// cost is how long a piece takes without the start of its process.
func (c *cutter) cost(p piece) (sum time.Duration) {
	pkg := c.packages[p.pkg]
	if len(pkg.Tests) == 0 {
		return max(min(pkg.Estimate, c.most)-c.starts[p.pkg], 0)
	}
	for _, i := range p.tests {
		sum += c.test(pkg.Tests[i])
	}
	return sum
}

func (c *cutter) test(t Test) time.Duration {
	if t.Estimate > 0 {
		return min(t.Estimate, c.most)
	}
	return min(c.unknown, c.most)
}

// joiner joins pieces that have a name in common.
type joiner struct {
	pieces []piece
	parent []int          // of each piece: an earlier one of the same chunk, or itself
	named  map[string]int // a piece with that name
}

func newJoiner() *joiner { return &joiner{named: map[string]int{}} }

func (j *joiner) root(i int) int {
	for j.parent[i] != i {
		j.parent[i] = j.parent[j.parent[i]]
		i = j.parent[i]
	}
	return i
}

func (j *joiner) add(p piece, names []string) {
	at := len(j.pieces)
	j.pieces, j.parent = append(j.pieces, p), append(j.parent, at)
	for _, name := range names {
		if other, ok := j.named[name]; ok {
			a, b := j.root(at), j.root(other)
			j.parent[max(a, b)] = min(a, b)
		}
		j.named[name] = at
	}
}

// chunks returns the pieces that belong together, in the order of the first of each.
func (j *joiner) chunks() []*chunk {
	var chunks []*chunk
	of := map[int]*chunk{}
	for i, p := range j.pieces {
		root := j.root(i)
		if of[root] == nil {
			of[root] = &chunk{}
			chunks = append(chunks, of[root])
		}
		of[root].pieces = append(of[root].pieces, p)
	}
	return chunks
}

// parts makes parts of what they have.
func (c *cutter) parts(of [][]*chunk) []Part {
	first := make([]int, len(c.packages)) // the part that has the rest of a package
	for i := range first {
		first[i] = len(of)
	}
	tests := make([]map[int][]int, len(of)) // of each part, by package
	for at, chunks := range of {
		tests[at] = map[int][]int{}
		for _, k := range chunks {
			for _, p := range k.pieces {
				tests[at][p.pkg] = append(tests[at][p.pkg], p.tests...)
				first[p.pkg] = min(first[p.pkg], at)
			}
		}
	}
	parts := make([]Part, len(of))
	for at, of := range tests {
		for i := range of {
			pkg := c.packages[i]
			p := PartPackage{Name: pkg.Name, Whole: len(of[i]) == len(pkg.Tests), Rest: first[i] == at}
			slices.Sort(of[i])
			for _, test := range of[i] {
				p.Tests = append(p.Tests, pkg.Tests[test].Name)
			}
			parts[at].Packages = append(parts[at].Packages, p)
			if c.known {
				parts[at].Expected += c.starts[i] + c.cost(piece{i, of[i]})
			}
		}
		slices.SortFunc(parts[at].Packages, func(a, b PartPackage) int { return strings.Compare(a.Name, b.Name) })
	}
	return parts
}
