package shard

// signalledMain exists only on systems with signals.
func signalledMain() {}
