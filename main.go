// Command gotestshard runs the tests of a Go module on parallel workers and formats their
// output. It is a drop-in replacement for gotestsum.
package main

import (
	"os"

	"github.com/gotestshard/gotestshard/shard"
)

func main() { os.Exit(shard.Main(os.Args[1:])) }
