package worker

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("abcdefghi_", 10)
	for _, test := range []struct {
		id     string
		parts  []string
		suffix string
		want   string
	}{
		{"gw0", nil, "1a2b3c4d", "gw0_1a2b3c4d"},
		{"gw0", []string{"orders"}, "1a2b3c4d", "gw0_orders_1a2b3c4d"},
		{"master", []string{"orders", "v2"}, "1a2b3c4d", "master_orders_v2_1a2b3c4d"},
		{"gw12", []string{"TestOrders/empty basket#01"}, "1a2b3c4d", "gw12_testorders_empty_basket_01_1a2b3c4d"},
		{"gw0", []string{"..", "", "x"}, "", "gw0_" + hash("..", 8) + "_x"},
		{"gw0", []string{"", ""}, "", "gw0"},
		{"gw0", []string{"été"}, "", "gw0_t"},
		{"gw0", []string{"__a--b__"}, "", "gw0_a_b"},
		{"gw0", []string{"1st"}, "", "gw0_1st"},
		{"gw0", []string{long}, "1a2b3c4d", "gw0_abcdefghi_abcdefghi_abcd_fghi_abcdefghi_abcdefghi_1a2b3c4d"},
		{"unit", nil, "", "unit"},
		{"Unit", nil, "", "unit" + hash("Unit", 6)},
		{"unit_db", []string{"x"}, "", "unitdb" + hash("unit_db", 6) + "_x"},
		{"1st", nil, "", "w1st" + hash("1st", 6)},
		{"日本", nil, "", "w" + hash("日本", 6)},
		{"nul", nil, "", "nul" + hash("nul", 6)},
		{"com1", nil, "", "com1" + hash("com1", 6)},
		{"pg", []string{"x"}, "", "pg" + hash("pg", 6) + "_x"},
		{strings.Repeat("s", 25), nil, "", strings.Repeat("s", 18) + hash(strings.Repeat("s", 25), 6)},
		{strings.Repeat("s", 24), nil, "", strings.Repeat("s", 24)},
	} {
		if got := assemble(test.id, test.parts, test.suffix); got != test.want {
			t.Errorf("%q %q: got %s, want %s", test.id, test.parts, got, test.want)
		}
	}
}

// Lasting names that are too long still differ if only the part that was cut
// differs.
func TestLongLastingNames(t *testing.T) {
	gw0 := &run{id: "gw0"}
	text := strings.Repeat("a", 40)
	one, two := gw0.name([]string{text, "1", text}), gw0.name([]string{text, "2", text})
	if one == two || len(one) > maxName || len(two) > maxName {
		t.Errorf("%s\n%s", one, two)
	}
	if one != gw0.name([]string{text, "1", text}) {
		t.Error("not the same the second time")
	}
}

func TestUniqueNames(t *testing.T) {
	names := map[string]bool{}
	for range 1000 {
		names[UniqueName(t, "orders")] = true
		names[UniqueDNSName(t, "orders")] = true
	}
	if len(names) != 2000 {
		t.Errorf("%d names of 2000", len(names))
	}
	for name := range names {
		if !regexp.MustCompile(`^master([_-])orders[_-][0-9a-f]{8}$`).MatchString(name) {
			t.Fatal(name)
		}
	}
}

var (
	identifier = regexp.MustCompile(`^[a-z]([a-z0-9_]*[a-z0-9])?$`)
	dnsLabel   = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	device     = regexp.MustCompile(`^(con|prn|aux|nul|com.|lpt.)$`)
)

func FuzzUniqueName(f *testing.F) {
	f.Add("gw0", "orders", "")
	f.Add("gw12", strings.Repeat("x", 100), "TestA/b c")
	f.Add("NUL", "\x00\xff", "été")
	f.Add("9lives", "-", "__")
	f.Add(strings.Repeat("shard ", 20), ".", " ")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, id, first, second string) {
		r := runFrom(nil)
		r.id = id
		r.dir = filepath.Join(dir, "user")
		one, two := r.uniqueName(t, "UniqueName", []string{first, second}), r.uniqueName(t, "UniqueName", []string{first, second})
		lasting := r.name([]string{first, second})
		if one == two {
			t.Fatalf("twice %s", one)
		}
		for _, name := range []string{one, lasting, r.name(nil)} {
			if len(name) > maxName || !identifier.MatchString(name) || device.MatchString(name) || strings.Contains(name, "__") {
				t.Fatalf("%q is no name", name)
			}
			if label := strings.ReplaceAll(name, "_", "-"); !dnsLabel.MatchString(label) {
				t.Fatalf("%q is no DNS label", label)
			}
			if start, _, _ := strings.Cut(name, "_"); start != prefix(id) {
				t.Fatalf("%q does not start with %q", name, prefix(id))
			}
		}
		if !regexp.MustCompile(`_[0-9a-f]{8}$`).MatchString(one) {
			t.Fatalf("%q has no suffix", one)
		}
		if first != id && prefix(first) == prefix(id) {
			t.Fatalf("shards %q and %q have the same names", first, id)
		}
		if file := fileName(first); !regexp.MustCompile(`^[a-z0-9_]{1,60}$`).MatchString(file) {
			t.Fatalf("%q is no file name", file)
		}
	})
}

func TestNameIsAFileName(t *testing.T) {
	check(t, os.WriteFile(filepath.Join(t.TempDir(), UniqueName(t, `a/b\c:d*e?"f<g>h|`)), nil, 0o600))
}

func TestNameLengths(t *testing.T) {
	for length := range 80 {
		part := strings.Repeat("x", length)
		unique, lasting := assemble("gw0", []string{part}, "1a2b3c4d"), (&run{id: "gw0"}).name([]string{part})
		if len(unique) > maxName || len(lasting) > maxName {
			t.Errorf("%d and %d bytes", len(unique), len(lasting))
		}
		// A name that fits is not shortened.
		if whole := "gw0_" + part + "_1a2b3c4d"; length > 0 && len(whole) <= maxName && unique != whole {
			t.Errorf("%s was cut to %s", whole, unique)
		}
	}
}

// A run beside others has its slot in the names.
func TestSlotNames(t *testing.T) {
	for slot, want := range map[string]string{"": "gw1_db", "0": "gw1_db", "2": "gw1_s2_db"} {
		r := runFrom(append(runEnv(t.TempDir(), "gw1", 1, 4), "GOTESTSHARD_SLOT="+slot))
		if got := r.name([]string{"db"}); got != want || r.problem != nil {
			t.Errorf("slot %s: %s, want %s; %v", slot, got, want, r.problem)
		}
	}
	if r := runFrom(append(runEnv(t.TempDir(), "gw1", 1, 4), "GOTESTSHARD_SLOT=x")); r.problem == nil {
		t.Error("there is a slot x")
	}
}
