package gotest

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

func TestSocketDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is one folder for temporary files")
	}
	short, err := os.MkdirTemp("/tmp", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	long := filepath.Join(short, strings.Repeat("l", longestSocket))
	missing := filepath.Join(short, "missing")
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		temp    string // the folder for all temporary files
		others  []string
		want    string
		wantErr []string
	}{
		"a short one":                        {temp: short, others: []string{missing}, want: short},
		"a relative one":                     {temp: ".", want: short},
		"a long one":                         {temp: long, others: []string{"", short}, want: short},
		"a missing one":                      {temp: missing, others: []string{missing, short}, want: short},
		"a long one, and the others missing": {temp: long, others: []string{missing}, wantErr: []string{"of a socket may have only 103", "set " + temp.Variable, "missing"}},
		"a relative one is not looked for":   {temp: long, others: []string{"."}, wantErr: []string{"of a socket may have only 103"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(short)
			t.Setenv(temp.Variable, test.temp)
			dir, err := socketDirIn(append([]string{""}, test.others...))
			if test.wantErr != nil {
				for _, want := range test.wantErr {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("the error is %v, want %q in it", err, want)
					}
				}
				if left, _ := filepath.Glob(filepath.Join(long, "*")); len(left) > 0 {
					t.Errorf("left behind: %q", left)
				}
				return
			}
			if err != nil || filepath.Dir(dir) != test.want {
				t.Fatalf("it is %q, %v, want one in %s", dir, err, test.want)
			}
			defer func() { _ = os.Remove(dir) }()
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the directory is %v, %v", info, err)
			}
			listener, err := net.Listen("unix", filepath.Join(dir, socketName))
			if err != nil {
				t.Fatal(err)
			}
			_ = listener.Close()
		})
	}
}
