package caching

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// The modification times that stand for hashes: every second one of 2^30 seconds, from January 1987
// to January 2021. So they are in the past, each file system can keep them (FAT only keeps even
// seconds), and two different contents have the same time once in 537 million cases.
const (
	firstStamp = 1 << 29 // in seconds since 1970
	stamps     = 1 << 29
	stampStep  = 2 // seconds
)

// stamp returns the modification time that stands for a hash. It depends on nothing else, so it is
// the same on every machine.
func stamp(hash [sha256.Size]byte) time.Time {
	return time.Unix(firstStamp+stampStep*int64(binary.BigEndian.Uint64(hash[:])%stamps), 0)
}

// kind is what is at a path. It is a part of what a folder has in it.
type kind byte

const (
	nothing kind = 0 // or what has no stamp, such as a socket
	file    kind = 'f'
	link    kind = 'l'
	folder  kind = 'd'
)

// stampOfLink returns the time of a symbolic link, which stands for the path in it.
func stampOfLink(target string) time.Time { return stamp(sha256.Sum256([]byte(target))) }

// child is an entry of a folder.
type child struct {
	name string
	kind kind
}

// stampOfFolder returns the time of a folder, which stands for the names and kinds of its children
// in order.
func stampOfFolder(children []child) time.Time {
	var all []byte
	for _, child := range children {
		all = append(append(all, byte(child.kind)), child.name...)
		all = append(all, 0) // which no name contains
	}
	return stamp(sha256.Sum256(all))
}
