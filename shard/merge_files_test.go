package shard

import (
	"slices"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/result"
)

func TestOtherAttempts(t *testing.T) {
	part := func(number, attempt int) partFile {
		return partFile{Header: result.Header{Part: number, Attempt: attempt}}
	}
	for name, test := range map[string]struct {
		parts []partFile
		want  []string
	}{
		"none":          {nil, nil},
		"all the same":  {[]partFile{part(1, 2), part(2, 2)}, nil},
		"not known":     {[]partFile{part(1, 0), part(2, 0)}, nil},
		"some earlier":  {[]partFile{part(1, 1), part(2, 3), part(3, 2)}, []string{"part 1 is of attempt 1, others are of attempt 3", "part 3 is of attempt 2, others are of attempt 3"}},
		"one not known": {[]partFile{part(1, 0), part(2, 1)}, nil},
	} {
		if got := otherAttempts(test.parts); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
