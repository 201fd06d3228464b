package option

// Invocations are commands that run tests side by side, instead of one go test.
type Invocations struct {
	// Shards are the named invocations; there are none with Workers.
	Shards []Shard
}

// Shard is one named invocation.
type Shard struct {
	Name    string
	Command []string // at least one word
}
