package option

import "testing"

func TestShare(t *testing.T) {
	for text, want := range map[string]float64{
		"5%": 0.05, "0.5%": 0.005, "100%": 1, "33.3%": 0.333,
		"": -1, "5": -1, "%": -1, "0%": -1, "-5%": -1, "101%": -1, "NaN%": -1, "inf%": -1, "1e1%": -1, "0x5%": -1, "5 %": -1, "+5%": -1,
	} {
		got := Share(-1)
		if err := got.Set(text); (err == nil) != (want >= 0) || float64(got)-want > 1e-12 || want-float64(got) > 1e-12 {
			t.Errorf("%q is %v, %v, want %v", text, float64(got), err, want)
			continue
		}
		if again := Share(0); want >= 0 && (again.Set(got.String()) != nil || got.String() != text) {
			t.Errorf("%q is shown as %s", text, got.String())
		}
	}
}
