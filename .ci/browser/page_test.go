// Package browser tests the HTML report in Chromium.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// program is the gotestshard under test.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gotestshard-browser-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "gotestshard")
	build := exec.Command("go", "build", "-o", name, ".")
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
})

// browser is one Chromium for all tests.
var browser context.Context

func TestMain(m *testing.M) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	if name := os.Getenv("CHROMIUM"); name != "" {
		options = append(options, chromedp.ExecPath(name))
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	var endBrowser context.CancelFunc
	browser, endBrowser = chromedp.NewContext(allocator)
	code := 1
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "starting Chromium:", err)
	} else {
		code = m.Run()
	}
	endBrowser()
	end()
	if name, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// step is something to do with a page.
type step = chromedp.Action[chromedp.Void]

// tab is a page that is open in the browser. Errors on its console fail the test.
type tab struct {
	t    *testing.T
	ctx  context.Context
	name string // of the file

	mu     sync.Mutex
	errors []string
}

// openTab opens a page in a window of a width.
func openTab(t *testing.T, file string, width int, first ...step) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	p := &tab{t: t, ctx: ctx, name: file}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, message := range p.errors {
			t.Errorf("the console has: %s", message)
		}
		closeTab()
	})
	if err := chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			p.errors = append(p.errors, "exception: "+fmt.Sprint(event.ExceptionDetails.Text, " ", event.ExceptionDetails.Exception))
		case *runtime.EventConsoleAPICalled:
			p.errors = append(p.errors, "console."+string(event.Type))
		case *log.EventEntryAdded: // such as a violation of the Content-Security-Policy
			p.errors = append(p.errors, event.Entry.Text)
		case *page.EventJavascriptDialogOpening:
			p.errors = append(p.errors, "a dialog: "+event.Message)
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.run(command(log.Enable, cdp.Empty{}), chromedp.EmulateViewport(int64(width), 900))
	p.run(first...)
	p.run(chromedp.Navigate("file://"+file), chromedp.WaitVisible(chromedp.CSS("#report h1")))
	return p
}

func (p *tab) run(steps ...step) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// command is a step that sends a command of the protocol.
func command[P any](c cdp.Command[P, cdp.Empty], params P) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// do is a step that runs a script in the page.
func do(script string) step { return chromedp.Evaluate[chromedp.Void](script) }

// value returns the value of an expression in the page.
func value[T any](p *tab, expression string) T {
	p.t.Helper()
	result, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return result
}

// is fails the test unless an expression of the page has a value, at once or soon.
func is[T comparable](p *tab, expression string, want T) {
	p.t.Helper()
	var got T
	for range 100 {
		if got = value[T](p, expression); got == want {
			return
		}
		p.run(chromedp.Sleep(20 * time.Millisecond))
	}
	p.t.Errorf("%s is %v, want %v", expression, got, want)
}

// shot writes a picture of the page if SCREENSHOTS is a folder.
func (p *tab) shot(name string) {
	p.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// event is a line of go test -json.
type event struct {
	Time    time.Time
	Action  string
	Package string
	Test    string  `json:",omitempty"`
	Elapsed float64 `json:",omitempty"`
	Output  string  `json:",omitempty"`
}

const failedOutput = "    sample_test.go:12: unexpected \x1b[31mresult\x1b[0m (-want +got):\n        -\tone\n        +\ttwo\n"

// events writes what n tests printed, of which some failed and some were skipped. Every tenth has
// nine subtests.
func events(n int) string {
	var b strings.Builder
	out := json.NewEncoder(&b)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	put := func(action, pkg, test string, elapsed float64, output string) {
		now = now.Add(time.Millisecond)
		_ = out.Encode(event{now, action, pkg, test, elapsed, output}) // cannot fail
	}
	for first := 0; first < n; first += 100 {
		pkg := fmt.Sprintf("example.com/shop/pkg%d", first/100)
		result := "pass"
		put("start", pkg, "", 0, "")
		for i := first; i < min(first+100, n); i++ {
			name := fmt.Sprintf("Test%d", i)
			if i%10 > 0 {
				name = fmt.Sprintf("Test%d/case_%d", i-i%10, i)
			}
			put("run", pkg, name, 0, "")
			end := "pass"
			switch {
			case i%97 == 3:
				end, result = "fail", "fail"
				put("output", pkg, name, 0, failedOutput)
			case i%31 == 7:
				end = "skip"
				put("output", pkg, name, 0, "    sample_test.go:30: not on this system\n")
			}
			put(end, pkg, name, float64(i%1000)/1000, "")
		}
		put(result, pkg, "", 0.1, "")
	}
	return b.String()
}

// report makes the page of events with gotestshard tool report.
func report(t *testing.T, events string) string {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	command := exec.Command(name, "tool", "report", "--html", file)
	command.Stdin = strings.NewReader(events)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}
