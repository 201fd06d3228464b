// Command gotestshard runs the tests of a Go module on parallel workers and
// formats what they print. It is a drop-in for gotestsum.
package main

import (
	"os"

	"github.com/gotestshard/gotestshard/shard"
)

func main() { os.Exit(shard.Main(os.Args[1:])) }
