package caching

import (
	"crypto/sha256"
	"testing"
	"time"
)

// The times are part of results that other machines keep, also with other releases of this program.
func TestStamps(t *testing.T) {
	for _, c := range []struct {
		what string
		got  time.Time
		want int64
	}{
		{"a file", stamp(sha256.Sum256([]byte("x\n"))), 755978386},
		{"an empty file", stamp(sha256.Sum256(nil)), 1375221800},
		{"a link", stampOfLink("../x"), 1116714324},
		{"a folder", stampOfFolder([]child{{"a", file}, {"b", folder}, {"c", link}}), 1084663430},
		{"a folder whose file is a link", stampOfFolder([]child{{"a", link}, {"b", folder}, {"c", link}}), 1170463918},
		{"a folder with another name", stampOfFolder([]child{{"a", file}, {"bc", folder}, {"c", link}}), 988936982},
		{"an empty folder", stampOfFolder(nil), 1375221800},
		{"the first", stamp([sha256.Size]byte{}), 536870912},
		{"the last", stamp([sha256.Size]byte{255, 255, 255, 255, 255, 255, 255, 255}), 1610612734},
	} {
		if c.got.Unix() != c.want {
			t.Errorf("%s has %d, want %d", c.what, c.got.Unix(), c.want)
		}
		if c.got.Nanosecond() != 0 || c.got.Unix()%2 != 0 || c.got.Year() < 1987 || c.got.Year() > 2021 {
			t.Errorf("%s has %s, which some file systems cannot keep, or which is not in the past", c.what, c.got)
		}
	}
}
