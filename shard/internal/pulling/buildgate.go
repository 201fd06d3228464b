package pulling

import (
	"context"
	"sync"
	"sync/atomic"
)

// buildGate lets the first unit of a node build alone, until it has a test binary to run. What the
// units have in common is in the go command's cache then. Otherwise each of them would compile it,
// since go commands do not wait for each other.
type buildGate struct {
	taken atomic.Bool
	built chan struct{}
	open  func()
}

func newBuildGate() *buildGate {
	g := &buildGate{built: make(chan struct{})}
	g.open = sync.OnceFunc(func() { close(g.built) })
	return g
}

// enter waits until a unit may build, and returns what is to be called at its end.
func (g *buildGate) enter(ctx context.Context) (leave func()) {
	if g.taken.Swap(true) {
		select {
		case <-g.built:
		case <-ctx.Done():
		}
	}
	return g.open
}

// before returns an option.Unit.Gate that opens g: a process waits for its turn, so it is built.
func (g *buildGate) before(
	wait func(ctx context.Context, groups []string, alone bool) (release func(), ok bool),
) func(ctx context.Context, groups []string, alone bool) (release func(), ok bool) {
	return func(ctx context.Context, groups []string, alone bool) (release func(), ok bool) {
		g.open()
		return wait(ctx, groups, alone)
	}
}
