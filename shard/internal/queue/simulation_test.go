package queue

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// What is assumed of a machine with the speed 1.
const (
	goStart = time.Second / 2 // of a go command, for each unit or part
	build   = time.Second     // of a package, once on each node
)

// fleet is a set of nodes that run a suite.
type fleet struct {
	name     string
	packages []plan.Package
	takes    map[string]time.Duration // of each test, by package and test
	workers  int
	hint     int             // how many nodes the plan is cut for, 0 if that is not known
	latency  time.Duration   // of each call of the queue
	starts   []time.Duration // by node
	speeds   []float64
}

// makeFleet returns nodes that start within a part of the ideal time, and whose speeds are within a
// factor. The suite would take them ideal if all started at once. Tests take up to a minute, and
// differ by a fifth from what was expected.
func makeFleet(name string, nodes, workers, packages int, ideal time.Duration, late, factor float64) fleet {
	r := rand.New(rand.NewPCG(uint64(nodes), 23))
	f := fleet{name: name, workers: workers, hint: nodes, takes: map[string]time.Duration{}}
	capacity := 0.0
	for i := range nodes {
		start := time.Duration(late * float64(ideal) * float64(i) / float64(nodes))
		f.starts = append(f.starts, start)
		f.speeds = append(f.speeds, math.Pow(factor, 2*r.Float64()-1))
		capacity += f.speeds[i] * float64(workers)
	}
	r.Shuffle(nodes, func(i, k int) { f.speeds[i], f.speeds[k] = f.speeds[k], f.speeds[i] })
	all, mean := time.Duration(capacity*float64(ideal)), 0.0
	for i := range packages {
		f.packages = append(f.packages, plan.Package{Name: fmt.Sprintf("m/p%03d", i)})
		mean += math.Exp(float64(i%17)/17*3) / float64(packages)
	}
	for i := range f.packages {
		p := &f.packages[i]
		share := time.Duration(float64(all) / float64(packages) * math.Exp(float64(i%17)/17*3) / mean)
		for n := 0; share > 0; n++ {
			d := time.Duration(min(0.3/math.Pow(1-r.Float64(), 1/1.3), 30) * float64(time.Second))
			share -= d
			test := plan.Test{Name: fmt.Sprintf("Test%04d", n), Files: []string{fmt.Sprintf("f%d_test.go", n/20)}, Estimate: d}
			p.Tests = append(p.Tests, test)
			f.takes[p.Name+test.Name] = time.Duration(float64(d) * math.Exp(0.2*r.NormFloat64()))
		}
	}
	return f
}

// unexpected returns the fleet without a history.
func (f fleet) unexpected(name string) fleet {
	f.name, f.packages = name, slices.Clone(f.packages)
	for i := range f.packages {
		p := &f.packages[i]
		p.Tests = slices.Clone(p.Tests)
		for k := range p.Tests {
			p.Tests[k].Estimate = 0
		}
	}
	return f
}

// work returns how long the tests of a part take.
func (f fleet) work(part plan.Part) (sum time.Duration) {
	for _, p := range part.Packages {
		for _, test := range p.Tests {
			sum += f.takes[p.Name+test]
		}
	}
	return sum
}

// bound returns a lower bound: all tests, each package built once and one go command of each worker,
// evenly over the nodes from their starts on.
func (f fleet) bound() time.Duration {
	all := time.Duration(len(f.packages)) * build
	for _, d := range f.takes {
		all += d
	}
	all += time.Duration(len(f.starts)*f.workers) * goStart
	ms := sort.Search(1<<40, func(ms int) bool {
		done := 0.0
		for i, start := range f.starts {
			done += max(float64(time.Duration(ms)*time.Millisecond-start), 0) * f.speeds[i] * float64(f.workers)
		}
		return done >= float64(all)
	})
	return time.Duration(ms) * time.Millisecond
}

// cut returns how long the nodes take with the parts that are cut before, if each node shares its
// part evenly over its workers.
func (f fleet) cut(mode plan.Mode) (longest time.Duration) {
	for i, part := range plan.Partition(mode, len(f.starts), f.packages) {
		all := f.work(part) + time.Duration(len(part.Packages))*build + time.Duration(f.workers)*goStart
		longest = max(longest, f.starts[i]+time.Duration(float64(all)/f.speeds[i]/float64(f.workers)))
	}
	return longest
}

// pulled is what pulling came to.
type pulled struct {
	took   time.Duration // until the last unit ended
	left   time.Duration // until the last node left
	units  int
	builds int // of packages on nodes
}

// pull runs the suite with nodes that pull.
func (f fleet) pull(t *testing.T, mode plan.Mode) (p pulled) {
	synctest.Test(t, func(t *testing.T) {
		m, began := NewMemory(), time.Now()
		s := &server{Memory: m, began: began, latency: f.latency}
		made := Plan{Node: "node0", Units: plan.Units(mode, f.packages, plan.Cut{Nodes: f.hint, Workers: f.workers, Most: MostUnits})}
		p.units = len(made.Units)
		var mu sync.Mutex
		var group sync.WaitGroup
		for i, start := range f.starts {
			built := map[string]bool{}
			run := func(ctx context.Context, _ int, unit plan.Part, _ io.Writer) (Summary, error) {
				all := f.work(unit) + goStart
				mu.Lock()
				for _, pkg := range unit.Packages {
					if !built[pkg.Name] {
						built[pkg.Name] = true
						all += build
						p.builds++
					}
				}
				mu.Unlock()
				err := sleep(ctx, time.Duration(float64(all)/f.speeds[i]))
				mu.Lock()
				p.took = time.Since(began)
				mu.Unlock()
				return Summary{}, err
			}
			group.Go(func() {
				time.Sleep(start)
				node := Node{Name: fmt.Sprintf("node%d", i), Workers: f.workers, Run: run}
				check(t, Pull(t.Context(), newClient(s, node.Name), made, node))
			})
		}
		group.Wait()
		p.left = time.Since(began)
	})
	return p
}

// allOfThem returns one fleet after another.
func allOfThem(both fleet) []fleet {
	double, unknown, far := both, both, both
	double.name, double.hint = "20, both, 40 expected", 40
	unknown.name, unknown.hint = "20, both, not known how many", 0
	far.name, far.latency = "20, both, 50 ms to the server", 50*time.Millisecond
	return []fleet{
		makeFleet("20 nodes of 4 workers, alike", 20, 4, 200, 5*time.Minute, 0, 1),
		makeFleet("20, start within a third of the time", 20, 4, 200, 5*time.Minute, 0.33, 1),
		makeFleet("20, speeds 0.7 to 1.4", 20, 4, 200, 5*time.Minute, 0, 1.4),
		both,
		makeFleet("20, both, speeds 0.5 to 2", 20, 4, 200, 5*time.Minute, 0.33, 2),
		double,
		unknown,
		far,
		both.unexpected("20, both, without a history"),
		makeFleet("20, both, a suite of a minute", 20, 4, 200, time.Minute, 0.33, 1.4),
		makeFleet("20, both, a suite of ten minutes", 20, 4, 200, 10*time.Minute, 0.33, 1.4),
		makeFleet("50, both", 50, 4, 200, 5*time.Minute, 0.33, 1.4),
		makeFleet("50 nodes of 10 workers, both", 50, 10, 200, 5*time.Minute, 0.33, 1.4),
	}
}

var allFleets = flag.Bool("fleets", false, "simulate all fleets of docs/queue.md")

// Nodes that pull end together, also if they start at different times or differ in speed.
func TestPullingIsCloseToItsBound(t *testing.T) {
	both := makeFleet("20, both", 20, 4, 200, 5*time.Minute, 0.33, 1.4)
	fleets := []fleet{both}
	if *allFleets {
		fleets = allOfThem(both)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-38s%9s%9s%9s%9s%9s%9s%9s\n", "nodes", "tests", "bound", "cut", "pulled", "left", "units", "builds")
	for _, f := range fleets {
		bound := f.bound()
		ratio := func(d time.Duration) float64 { return float64(d) / float64(bound) }
		cut, p := ratio(f.cut(plan.Load)), f.pull(t, plan.Load)
		fmt.Fprintf(&table, "%-38s%9d%8.0fs%9.3f%9.3f%9.3f%9d%9d\n", f.name, len(f.takes), bound.Seconds(), cut, ratio(p.took), ratio(p.left), p.units, p.builds)
		if !*allFleets && (cut < 1.2 || ratio(p.left) > 1.05) {
			t.Errorf("%s: %.3f times the bound with parts that are cut before, %.3f with pulling", f.name, cut, ratio(p.left))
		}
	}
	t.Log(table.String())
}
