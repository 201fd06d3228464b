package page

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
)

// The measures of the picture, in pixels.
const (
	svgWidth = 1200
	svgNames = 110 // the column of names
	svgLane  = 24
	svgBar   = 18
	svgTop   = 56
)

const svgStyle = `text{font:12px system-ui,sans-serif;fill:#1c2127}.dim{fill:#57606a}.back{fill:#fff}.idle{fill:#f0f3f6}.grid{stroke:#d4dae0}
.bar{fill:#2f6ca8}.failed{fill:#c81e2b}.build{fill:#8a63c4}.critical{fill:none;stroke:#1c2127;stroke-width:2}.in{fill:#fff;font-size:11px}
@media(prefers-color-scheme:dark){text{fill:#e3e8ee}.dim{fill:#a0abb7}.back{fill:#12161b}.idle{fill:#1b2128}.grid{stroke:#37404a}
.bar{fill:#3470ae}.failed{fill:#cc3d36}.critical{stroke:#f0f3f6}.in{fill:#fff}}`

// WriteSVG writes the timeline as a picture of its own. It has no script, and names are text.
func (r Run) WriteSVG(out io.Writer) error {
	b := newBuilder(r)
	t := b.timeline()
	s := svg{out: bufio.NewWriterSize(out, 64<<10)}
	if t == nil {
		t = &timelineData{}
	}
	s.draw(t, b.sentence(b.counts(b.packages())))
	return errors.Join(s.err, s.out.Flush())
}

type svg struct {
	out *bufio.Writer
	err error
}

// print writes a form whose texts are escaped.
func (s *svg) print(form string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			var b strings.Builder
			_ = xml.EscapeText(&b, []byte(text)) // a builder returns no errors
			args[i] = b.String()
		}
	}
	if _, err := fmt.Fprintf(s.out, form, args...); err != nil {
		s.err = errors.Join(s.err, err)
	}
}

func (s *svg) draw(t *timelineData, sentence string) {
	rows := len(t.Lanes)
	if t.Build > 0 {
		rows++
	}
	height := svgTop + rows*svgLane + 12
	s.print(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", svgWidth, height, svgWidth, height)
	s.print("<title>%s</title>\n<style>"+svgStyle+"</style>\n", sentence) // the style has nothing to escape
	s.print(`<rect class="back" width="%d" height="%d"/><text x="8" y="20">%s</text>`+"\n", svgWidth, height, cut(sentence, svgWidth-16))
	if t.Span <= 0 {
		s.print("</svg>\n")
		return
	}
	x := func(ms int64) float64 {
		return svgNames + float64(min(ms, t.Span))/float64(t.Span)*(svgWidth-svgNames-8)
	}
	step := tickStep(t.Span)
	for at := int64(0); at <= t.Span; at += step {
		s.print(`<path class="grid" d="M%.1f 32V%d"/>`, x(at), height-8)
		if x(at) < svgWidth-40 {
			s.print(`<text class="dim" x="%.1f" y="44">%s</text>`, x(at)+3, report.Took(time.Duration(at)*time.Millisecond))
		}
		s.print("\n")
	}
	y := svgTop
	if t.Build > 0 {
		s.name(y, "build")
		s.print(`<rect class="build" x="%d" y="%d" width="%.1f" height="%d" rx="2"><title>%s</title></rect>`+"\n",
			svgNames, y, x(t.Build)-svgNames, svgBar, "build until "+report.Took(time.Duration(t.Build)*time.Millisecond))
		y += svgLane
	}
	for _, lane := range t.Lanes {
		s.name(y, lane.Name)
		s.print(`<rect class="idle" x="%d" y="%d" width="%d" height="%d"/>`+"\n", svgNames, y, svgWidth-svgNames-8, svgBar)
		for _, bar := range lane.Bars {
			s.bar(bar, x(bar.Start), x(bar.End), y)
		}
		y += svgLane
	}
	s.print("</svg>\n")
}

func (s *svg) name(y int, name string) {
	s.print(`<text x="8" y="%d">%s</text>`, y+13, cut(name, svgNames-12))
}

func (s *svg) bar(bar barData, from, to float64, y int) {
	class, height, top := "bar", svgBar, y
	title := []string{bar.Package, report.Took(time.Duration(bar.Start)*time.Millisecond) + " to " + report.Took(time.Duration(bar.End)*time.Millisecond)}
	if bar.Rerun {
		height, top = svgBar/2, y+svgBar/2
		title = append(title, "rerun")
	}
	if bar.Failed {
		class = "failed"
		title = append(title, "failed")
	}
	width := max(to-from, 1)
	s.print(`<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="2"><title>%s</title></rect>`, class, from, top, width, height, strings.Join(title, ", "))
	if bar.Critical {
		s.print(`<path class="critical" d="M%.1f %dH%.1f"/>`, from, y+svgBar, from+width)
	}
	if width > 40 && !bar.Rerun {
		name := bar.Package[strings.LastIndexByte(bar.Package, '/')+1:]
		s.print(`<text class="in" x="%.1f" y="%d">%s</text>`, from+4, y+13, cut(name, int(width)-8))
	}
	s.print("\n")
}

// cut shortens a text to about a width in pixels.
func cut(text string, width int) string {
	return plain.Cut(text, max(1, width/7))
}

// tickStep returns the distance of the lines of time in milliseconds: a round number, for about
// ten of them.
func tickStep(span int64) int64 {
	for _, step := range []int64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000} {
		if span/step <= 10 {
			return step
		}
	}
	return max(3_600_000, span/10)
}
