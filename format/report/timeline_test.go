package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTimeline(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(100, int64(ms)*1e6) }
	run := func(name string, from, to int) Run { return Run{Package: name, Started: at(from), Completed: at(to)} }
	failed := func(r Run) Run { r.Failed = true; return r }
	again := func(r Run) Run { r.Rerun = true; return r }
	for _, test := range []struct {
		name   string
		shards []Shard
		want   string
	}{
		{"no shard worked", []Shard{{Worker: "gw0"}}, ""},
		{"no shards", nil, ""},
		{"no time passed", []Shard{{Worker: "gw0", Runs: []Run{run("a", 5, 5)}}}, ""},
		{
			"processes", []Shard{{Worker: "gw0", Runs: []Run{run("a", 0, 1000), failed(run("b", 1000, 4000))}}, {Worker: "gw1"}, {Worker: "gw2", Runs: []Run{run("c", 500, 1500)}}},
			"4s\n" +
				"gw0 0+25 [] a, 0.00s to 1.00s|25+75 [failed] b, 1.00s to 4.00s, failed\n" +
				"gw1\n" +
				"gw2 12.5+25 [] c, 0.50s to 1.50s\n",
		},
		{
			"named shards", []Shard{{Worker: "unit", Started: at(0), Completed: at(2000)}, {Worker: "e2e", Started: at(1000), Completed: at(3000), Failed: 1}},
			"3s\nunit 0+66.67 [] 0.00s to 2.00s\ne2e 33.33+66.67 [failed] 1.00s to 3.00s, failed\n",
		},
		{
			"reruns", []Shard{{Worker: "gw0", Runs: []Run{failed(run("a", 0, 500)), again(run("a", 500, 750)), failed(again(run("a", 750, 1000)))}}},
			"1s\ngw0 0+50 [failed] a, 0.00s to 0.50s, failed|50+25 [rerun] a, 0.50s to 0.75s, rerun|75+25 [failed rerun] a, 0.75s to 1.00s, rerun, failed\n",
		},
		{
			"short ones are one bar, and red when one of them is",
			[]Shard{{Worker: "gw0", Runs: []Run{run("a", 0, 9990), run("b", 9991, 9993), failed(run("c", 9993, 9995)), run("d", 9995, 9999), again(run("e", 9999, 10_000))}}},
			"10s joined\ngw0 0+99.9 [] a, 0.00s to 9.99s|99.91+0.08 [failed] 3 test processes, 9.99s to 10.00s, failed|99.99+0.01 [rerun] e, 10.00s to 10.00s, rerun\n",
		},
		{
			"what has no end, or one before its beginning, is left out",
			[]Shard{{Worker: "gw0", Runs: []Run{{Package: "a", Started: at(0)}, run("b", 3000, 2000), run("c", 1000, 2000)}}},
			"1s\ngw0 0+100 [] c, 0.00s to 1.00s\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := drawn(newTimeline(test.shards)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func drawn(line *timeline) string {
	if line == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprint(&b, line.Span)
	if line.Joined {
		b.WriteString(" joined")
	}
	b.WriteByte('\n')
	for _, l := range line.Lanes {
		b.WriteString(l.Worker)
		for i, bar := range l.Bars {
			fmt.Fprintf(&b, "%c%v+%v [%s] %s", " |"[min(i, 1)], bar.Left, bar.Width, bar.Class(), bar.Title)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
