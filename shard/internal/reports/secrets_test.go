package reports

import (
	"strings"
	"testing"
)

func TestHideSecrets(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-n 4 --dist load -- -run=^TestToken$ ./...", "x -n 4 --dist load -- -run=^TestToken$ ./..."},
		{"-- -args -token=abc --api-key abc ./a", "x -- -args -token=*** --api-key *** ./a"},
		{"--post-run-command|curl -H 'Authorization: Bearer abc' https://u:abc@example.com/x", "x --post-run-command curl -H 'Authorization: ***' https://***@example.com/x"},
		{"PASSWORD=abc MY_SECRET:abc", "x PASSWORD=*** MY_SECRET:***"},
	} {
		args := strings.Fields(test.args)
		if before, command, ok := strings.Cut(test.args, "|"); ok {
			args = []string{before, command}
		}
		if got := hideSecrets("x", args); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
