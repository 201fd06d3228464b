package stream

import (
	"slices"
	"strings"
	"testing"
)

// A stream that names workers itself keeps them, under their names in the whole stream.
func TestWorkersOfAStream(t *testing.T) {
	var saw []string
	node := func(number string) Source {
		return Source{
			Name: "part " + number,
			Worker: func(own string) string {
				if own == "" {
					return ""
				}
				return number + "/" + strings.ReplaceAll(own, ",", ","+number+"/")
			},
			Saw: func(action, pkg, test []byte) {
				saw = append(saw, strings.Join([]string{number, string(action), string(pkg), string(test)}, " "))
			},
		}
	}
	merge := NewMerge([]Source{node("1"), node("2")})
	var got []byte
	feed := func(source int, lines ...string) {
		t.Helper()
		for _, line := range lines {
			var err error
			if got, err = merge.Line(got, source, []byte(line)); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := func(source int) {
		t.Helper()
		var err error
		if got, err = merge.End(got, source, nil); err != nil {
			t.Fatal(err)
		}
	}
	feed(0,
		ev("start", "p"), ev("run", "p", "Test=T", "Worker=gw0"), `{"Worker":"gw1","Action":"pass","Package":"p","Test":"T"}`,
		`{"action":"output","package":"p","test":"U","worker":"gw0","output":"in another case"}`,
		ev("pass", "p", "Elapsed=1", "Worker=gw0,gw1"), ev("start", "cached"), ev("pass", "cached", "Elapsed=0"), ev("build-output", "", "ImportPath=x"),
	)
	end(0)
	feed(1, ev("start", "p"), ev("fail", "p", "Elapsed=2", "Worker=gw0"), ev("start", "q"), ev("run", "q", "Test=V", "Worker=gw0"))
	end(1)
	want := []string{
		ev("start", "p"),
		ev("run", "p", "Test=T", "Worker=1/gw0"),
		ev("pass", "p", "Test=T", "Worker=1/gw1"),
		`{"action":"output","package":"p","test":"U","output":"in another case","Worker":"1/gw0"}`,
		ev("start", "cached"),
		`{"Action":"build-output","Package":"","ImportPath":"x"}`,
		ev("fail", "p", "Elapsed=3", "Worker=1/gw0,1/gw1,2/gw0"), // it has ended in both
		ev("start", "q"), ev("run", "q", "Test=V", "Worker=2/gw0"),
		`{"Action":"output","Package":"q","Output":"gotestshard: the output of part 2 stopped before q ended\n"}`,
		`{"Action":"fail","Package":"q","Test":"V","Elapsed":0}`,
		ev("pass", "cached", "Elapsed=0"),
		ev("fail", "q", "Elapsed=0"),
	}
	if lines := strings.Split(strings.TrimSuffix(string(got), "\n"), "\n"); !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if len(saw) != 11 || saw[1] != "1 run p T" || saw[10] != "2 run q V" {
		t.Errorf("saw %d: %q", len(saw), saw)
	}
}
