package option

import "github.com/gotestshard/gotestshard/shard/internal/node"

// Part is which of the tests run here, when several CI nodes share them.
type Part struct {
	// Partition is which part runs here, of how many; the zero value is for all of
	// them.
	Partition node.Partition
	// PartitionTouch is a file that is to be touched to tell the CI that the tests
	// were shared out, empty for none.
	PartitionTouch string
}
