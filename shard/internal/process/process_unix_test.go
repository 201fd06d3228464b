//go:build unix

package process

import "testing"

func TestKillGroupRefusesWhatMeansMoreThanAGroup(t *testing.T) {
	for _, pid := range []int{1, 0, -1, -5} {
		if err := KillGroup(pid); err == nil {
			t.Fatalf("KillGroup(%d) was accepted", pid)
		}
	}
}
