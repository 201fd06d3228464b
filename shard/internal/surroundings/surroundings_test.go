// Package surroundings has only tests: of runs at a terminal, in watch mode, when signals come,
// in unusual environments, and beside a database server. It is a package of its own, so that it
// runs beside the other long tests.
package surroundings

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gotestshard/gotestshard/shard"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

func TestMain(m *testing.M) {
	testscript.Main(shardtest.Main{M: m}, map[string]func(){
		"gotestshard": func() { os.Exit(shard.Main(os.Args[1:])) },
		"gotestsum":   shardtest.Gotestsum,
	})
}
