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

func (p *Part) flags() []flag {
	return []flag{{name: "partition", to: &partitionValue{to: &p.Partition},
		help: "run the part `m/n` of the tests, m from 1 to n, each on a node of its own; auto or auto/n asks the CI's environment"}}
}

// partitionValue is the value of --partition.
type partitionValue struct {
	to   *node.Partition
	text string
}

func (v *partitionValue) String() string { return v.text }
func (v *partitionValue) Type() string   { return "m/n" }

func (v *partitionValue) Set(text string) (err error) {
	*v.to, err = node.Parse(text)
	v.text = text
	return err
}
