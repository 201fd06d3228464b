package plan

import (
	"testing"
	"time"
)

func TestIdeal(t *testing.T) {
	const ms = time.Millisecond
	in := func(file, group string, tests ...Test) []Test {
		for i := range tests {
			tests[i].Files, tests[i].Group = []string{file}, group
		}
		return tests
	}
	a := Package{Name: "a", Start: 10 * ms, Tests: append(in("x_test.go", "", parse("A1 100", "A2 200")...), in("y_test.go", "db", parse("A3 250")...)...)}
	b := Package{Name: "b", Start: 10 * ms, Tests: in("z_test.go", "db", parse("B1 190")...)}
	whole, serial := a, b
	whole.Whole, serial.Serial = true, true
	unknown := Package{Name: "c", Start: 10 * ms, Estimate: 500 * ms}
	for _, test := range []struct {
		name           string
		mode           Mode
		packages       []Package
		longest        Unit
		total          time.Duration
		two, four, any time.Duration
	}{
		{"a package", LoadScope, []Package{a, b}, Unit{"a", UnitPackage, "", 560 * ms}, 760 * ms, 560 * ms, 560 * ms, 560 * ms},
		{"a file", LoadFile, []Package{a, b}, Unit{"a", UnitFile, "x_test.go", 310 * ms}, 760 * ms, 380 * ms, 310 * ms, 310 * ms},
		{"a group over packages", LoadGroup, []Package{a, b}, Unit{"a", UnitGroup, "db", 460 * ms}, 760 * ms, 460 * ms, 460 * ms, 460 * ms},
		{"a group in one package", LoadGroup, []Package{a}, Unit{"a", UnitGroup, "db", 260 * ms}, 560 * ms, 280 * ms, 260 * ms, 260 * ms},
		{"a test", Load, []Package{a, b}, Unit{"a", UnitTest, "A3", 260 * ms}, 760 * ms, 380 * ms, 260 * ms, 260 * ms},
		{"a test that is stolen", WorkSteal, []Package{a, b}, Unit{"a", UnitTest, "A3", 260 * ms}, 760 * ms, 380 * ms, 260 * ms, 260 * ms},
		{"a package that is whole", Load, []Package{whole, b}, Unit{"a", UnitPackage, "", 560 * ms}, 760 * ms, 560 * ms, 560 * ms, 560 * ms},
		{"one that runs alone", Load, []Package{a, serial}, Unit{"a", UnitTest, "A3", 260 * ms}, 760 * ms, 480 * ms, 460 * ms, 460 * ms},
		{"one whose tests are not known", Load, []Package{a, unknown}, Unit{"c", UnitPackage, "", 510 * ms}, 1070 * ms, 535 * ms, 510 * ms, 510 * ms},
		{"nothing", Load, nil, Unit{}, 0, 0, 0, 0},
	} {
		l := Ideal(test.mode, 2, test.packages)
		if l.Longest != test.longest || l.Total != test.total {
			t.Errorf("%s: longest %+v, total %v, want %+v, %v", test.name, l.Longest, l.Total, test.longest, test.total)
		}
		if l.Ideal(2) != test.two || l.Ideal(4) != test.four || l.Ideal(0) != test.any {
			t.Errorf("%s: %v on 2, %v on 4, %v on any, want %v, %v, %v", test.name, l.Ideal(2), l.Ideal(4), l.Ideal(0), test.two, test.four, test.any)
		}
	}
	each := Ideal(Each, 2, []Package{a, b})
	if each.Total != 1520*ms || each.Ideal(2) != 760*ms || each.Longest.Kind != UnitPackage {
		t.Errorf("each: %+v, %v on 2 workers", each, each.Ideal(2))
	}
}

// TestALongestUnitThatRunsAloneIsNamed: the whole run waits for it, also if it is not
// part of the bound for what runs in parallel.
func TestALongestUnitThatRunsAloneIsNamed(t *testing.T) {
	const ms = time.Millisecond
	p := Package{Name: "a", Start: 10 * ms, Tests: parse("A1 100", "A2 300")}
	p.Tests[1].Serial = true
	r := Simulate(Load, 4, []Package{p}, nil)
	if want := (Unit{"a", UnitTest, "A2", 310 * ms}); r.Limits.Longest != want || r.Bound != 420*ms || r.Limits.Total != 420*ms {
		t.Errorf("%+v, bound %v", r.Limits, r.Bound)
	}
}
