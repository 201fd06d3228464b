package shard

// signalledMain is for systems with signals.
func signalledMain() {}
