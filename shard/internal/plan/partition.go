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

// Part is what one of several CI nodes runs. The digest is computed from its JSON form,
// and a result file contains it.
type Part struct {
	Packages []PartPackage // sorted by name; empty if there are more parts than there is work
	Expected time.Duration // the duration of all of it on one worker, in nanoseconds; 0 without history
}

// PartPackage is the share of a part in one package.
type PartPackage struct {
	Name string // import path
	// Tests are the selected top-level tests of the part, in the order of the package.
	// They are empty for a package without tests or with unknown tests.
	Tests []string
	// Whole is whether the part has all of the package and runs it as one binary that no
	// other part runs.
	Whole bool
	// Rest is whether the part also runs tests that the source does not show. Of all parts
	// with a share in a package, one does. It is true for a whole package.
	Rest bool
}

// Digest identifies a plan on every node: the SHA-256 of all parts in hexadecimal.
func Digest(parts []Part) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // everything in it can be marshaled
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Partition distributes the packages over one or more parts, one for each CI node. Every
// test is in exactly one part. The same packages, in any order, give the same parts on
// every node, regardless of the number of its workers.
//
// What a mode keeps together stays together, including a group over several packages,
// because nodes cannot wait for each other. A package that is Whole or Serial is never
// split. Parts are balanced by the Estimates, with one Start for each part that has a
// share in a package. A test without an estimate counts as the median of the tests that
// have one. If nothing is known, all tests count the same. Packages without tests take no
// time and are placed by a hash of their names.
//
// Whole packages are placed longest first, each into the part with the least work so far.
// Otherwise the packages are put in an order and cut where each share ends. Random suites of
// 200 packages with 5 to 2000 tests, most of them short, and 4 parts had these results. The
// longest part is in units of an even share.
//
//	                             longest part  packages cut  one more test moves
//	whole, known: longest first       1.05          0          17 % of the tests
//	              cut                 1.11          0           0
//	whole, not known: longest first   1.04          0          17 %
//	              cut                 1.09          0           0.02 %
//	tests, known: longest first       1.21        568          39 %
//	              cut                 1.02          1           0.01 %
//
// A cut of few whole packages can leave a part empty: four parts of the web framework gin had
// 170, 0, 456 and 73 tests. So whole packages are not cut, although one more test may then
// move packages to other parts. The order, also of packages with as many tests, is by name, or
// without a history by a hash of the name: slow packages often have similar names, such as
// e2e/…, and would otherwise all be in one part.
func Partition(mode Mode, parts int, packages []Package) []Part {
	parts = max(parts, 1)
	c := newCutter(mode, packages)
	var of [][]*chunk
	if !mode.Splits() {
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

// hash returns the same value on every node and in every version.
func hash(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])
}

// piece is a set of tests of one package that must not be split over parts.
type piece struct {
	pkg   int   // indexes in the package's tests; empty if the tests are unknown
	tests []int // indexes of the package's tests; none for a package whose tests are not known
}

// chunk is a set of pieces that must be in the same part. It has more than one piece only
// for a group over several packages.
type chunk struct {
	pieces []piece
	cost   time.Duration // without the start of its first package
}

// cutter holds the packages of a partition.
type cutter struct {
	packages []Package       // in the order in which they are cut
	known    bool            // whether anything is known about the durations of tests
	unknown  time.Duration   // the assumed duration of a test without an estimate
	most     time.Duration   // limit for a test or a start, so that no sum overflows
	chunks   []*chunk        // by package, and within it in the order of the tests
	idle     []piece         // packages that take no time
	starts   []time.Duration // of each package
}

func newCutter(mode Mode, packages []Package) *cutter {
	c := &cutter{packages: slices.Clone(packages), starts: make([]time.Duration, len(packages))}
	counted := 1 // the start of a package counts at most once per test
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

// pieces returns the indivisible pieces of a package, in the order of the tests.
func pieces(mode Mode, p Package) []unit {
	switch {
	case !mode.Splits(), p.Whole, p.Serial, len(p.Tests) == 0:
		return []unit{whole(p, New(mode, 1).honours)}
	case mode == LoadFile:
		return files(p)
	}
	return single(p) // groups are joined later
}

// learn determines the assumed duration of a test without an estimate.
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
	c.unknown = time.Second // any value works, because all count the same
	if len(known) > 0 {
		c.known = true
		slices.Sort(known)
		c.unknown = known[len(known)/2]
	}
}

// cost is the duration of a piece without the start of its process.
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

// joiner joins pieces that share a name.
type joiner struct {
	pieces []piece
	parent []int          // for each piece an earlier one of the same chunk, or itself
	named  map[string]int // a piece for each name
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

// chunks returns the joined pieces, in the order of the first piece of each chunk.
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

// parts builds the parts from their chunks.
func (c *cutter) parts(of [][]*chunk) []Part {
	first := make([]int, len(c.packages)) // the part with the rest of each package
	for i := range first {
		first[i] = len(of)
	}
	tests := make([]map[int][]int, len(of)) // for each part, by package
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
