package node

import (
	"slices"
	"testing"
)

func TestBranches(t *testing.T) {
	for _, c := range []struct {
		branch string
		env    map[string]string
		want   []string
	}{
		{"fix", nil, []string{"fix", "main", "master"}},
		{"main", map[string]string{"CI_DEFAULT_BRANCH": "main"}, []string{"main", "master"}},
		{"fix", map[string]string{"GITHUB_BASE_REF": "release"}, []string{"fix", "release", "main", "master"}},
		{"", map[string]string{"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "next", "CI_DEFAULT_BRANCH": "trunk"}, []string{"", "next", "trunk", "main", "master"}},
	} {
		if got := Branches(c.branch, func(name string) string { return c.env[name] }); !slices.Equal(got, c.want) {
			t.Errorf("%q %v: %q, want %q", c.branch, c.env, got, c.want)
		}
	}
}
