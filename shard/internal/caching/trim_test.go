package caching

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	at := func(minute int) time.Time { return time.Unix(0, 0).Add(time.Duration(minute) * time.Minute) }
	entry := func(name string, size int64) cacheEntry { return cacheEntry{name: name, size: size} }
	shared := entry("shared-d", 10)
	results := []result{
		{[]cacheEntry{entry("unused-a", 1), shared}, at(1)},
		{[]cacheEntry{entry("old-a", 1), entry("old-d", 100)}, at(10)},
		{[]cacheEntry{entry("new-a", 1), shared}, at(30)},
		{[]cacheEntry{entry("middle-a", 1), shared}, at(20)},
		{[]cacheEntry{entry("alone-d", 5)}, at(25)},
		{[]cacheEntry{entry("unused-d", 5)}, at(2)},
	}
	for _, c := range []struct {
		after int
		size  int64
		want  string
	}{
		{5, 0, "alone-d middle-a new-a old-a old-d shared-d"},
		{5, 1000, "alone-d middle-a new-a old-a old-d shared-d"},
		{0, 0, "alone-d middle-a new-a old-a old-d shared-d unused-a unused-d"},
		{15, 0, "alone-d middle-a new-a shared-d"},
		{5, 100, "alone-d middle-a new-a shared-d"},
		{5, 17, "alone-d middle-a new-a shared-d"}, // the shared one counts once
		{5, 16, "alone-d new-a shared-d"},
		{5, 12, "new-a shared-d"}, // what was used before does not take the place
		{5, 1, ""},
		{40, 0, ""},
	} {
		kept, removed := choose(slices.Clone(results), at(c.after), c.size)
		var names []string
		for _, entry := range kept {
			names = append(names, entry.name)
		}
		if got := strings.Join(names, " "); got != c.want || len(kept)+len(removed) != 8 {
			t.Errorf("after %d with %d bytes: %s and %d removed, want %s", c.after, c.size, got, len(removed), c.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for size, want := range map[int64]string{0: "0B", 1023: "1023B", 1024: "1.0K", 1536 << 10: "1.5M", 3 << 30: "3.0G", 5 << 50: "5120.0T"} {
		if got := sizeOf([]cacheEntry{{size: size}}); got != want {
			t.Errorf("%d is %s, want %s", size, got, want)
		}
	}
}

// A build cache as the go command has it: the use of entries shows, whatever times they had.
func TestBuildCache(t *testing.T) {
	c := clone{t, t.TempDir()}
	cache, now := buildCache{c.dir}, time.Now()
	hash := func(digit string) string { return strings.Repeat(digit, 64) }
	put := func(action, data string, age time.Duration) {
		c.write(action[:2]+"/"+action+"-a", fmt.Sprintf("v1 %s %s %20d %20d\n", action, data, 1, now.UnixNano()))
		c.write(data[:2]+"/"+data+"-d", "x")
		for _, name := range []string{action[:2] + "/" + action + "-a", data[:2] + "/" + data + "-d"} {
			c.check(os.Chtimes(c.at(name), now, now.Add(-age)))
		}
	}
	put(hash("a"), hash("1"), time.Minute)
	put(hash("b"), hash("2"), 10*24*time.Hour)
	put(hash("c"), hash("3"), -time.Minute) // another machine's clock
	c.write("99/"+hash("9")+"-d/program", "an executable")
	c.write("99/other", "not an entry")
	others := []string{"README", "trim.txt", "testexpire.txt", "fuzz/example.com/m/FuzzX/1"}
	for _, name := range others {
		c.write(name, "kept")
	}
	c.check(cache.begin(now))
	after := c.times()
	if a := after["aa/"+hash("a")+"-a"]; now.Sub(a) < time.Hour+time.Minute || now.Sub(after["33/"+hash("3")+"-d"]) < time.Hour+time.Minute {
		t.Errorf("the go command would not note a use of what has the time %s", a)
	}
	if b := after["bb/"+hash("b")+"-a"]; now.Sub(b) < 9*24*time.Hour {
		t.Errorf("an old entry has the time %s", b)
	}
	c.check(os.Chtimes(c.at("aa/"+hash("a")+"-a"), now, now)) // used; its data would be, too
	c.check(cache.begin(now.Add(time.Minute)))                // the same run goes on
	if a := c.times()["aa/"+hash("a")+"-a"]; now.Sub(a) > time.Minute {
		t.Error("a second prepare forgets what was used")
	}

	since, err := cache.since()
	c.check(err)
	entries, err := cache.entries()
	c.check(err)
	kept, removed := choose(cache.link(entries), since.Add(-usedAge), 0)
	if len(kept) != 2 || kept[0].name != buildName("11", hash("1")+"-d") || kept[1].name != buildName("aa", hash("a")+"-a") {
		t.Errorf("kept %v", kept)
	}
	if len(removed) != 5 || removed[2].size != int64(len("an executable")) {
		t.Errorf("removed %v", removed)
	}
	for _, damaged := range []string{"", "v1", "v1 a b", "v1 a b c d", "v1 " + hash("a") + " x 1 1"} {
		if got := dataOf(damaged); got != "" {
			t.Errorf("%q has the data %s", damaged, got)
		}
	}
	c.write(sinceName, "")
	if since, err := cache.since(); err != nil || !since.IsZero() {
		t.Errorf("of a file that was cut off: %s, %v", since, err)
	}
}

func buildName(dir, name string) string { return dir + string(os.PathSeparator) + name }
