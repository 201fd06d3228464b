package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkPlan plans 10,000 and 100,000 tests completely. Comparing the time per test
// for the two sizes shows whether planning is almost linear.
func BenchmarkPlan(b *testing.B) {
	for _, mode := range modes {
		for _, packages := range []int{1, 500} {
			for _, tests := range []int{10_000, 100_000} {
				for _, estimates := range []bool{true, false} {
					b.Run(fmt.Sprintf("%s/packages=%d/tests=%d/estimates=%v", mode, packages, tests, estimates), func(b *testing.B) {
						s := benchSuite(packages, tests, estimates)
						for b.Loop() {
							s.run(mode, 8)
						}
						b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tests), "ns/test")
					})
				}
			}
		}
	}
}

func benchSuite(packages, tests int, estimates bool) suite {
	r := rand.New(rand.NewPCG(1, 5))
	s := makeSuite("", packages, tests/packages, 10*time.Millisecond, estimates, func(int, int) time.Duration {
		return time.Duration(distributions[2].draw(r) * float64(time.Millisecond))
	})
	for _, p := range s.packages {
		for i := range p.Tests {
			if i%10 == 0 {
				p.Tests[i].Group = fmt.Sprint("g", i%1000)
			}
		}
	}
	return s
}
