package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hostile would leave any place that contains text.
const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"onfocus="alert(3)' --><!-- ${alert(4)} javascript:alert(5)`

var colors = map[string]step{"light": prefers("light"), "dark": prefers("dark")}

func prefers(color string) step {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: color}},
	})
}

// A page of each size is soon ready, small enough, and does not fill the browser with elements.
func TestSizes(t *testing.T) {
	for _, n := range []int{10, 2000, 20_000} {
		file := report(t, events(n))
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		p := openTab(t, file, 1280)
		ready := value[string](p, "document.documentElement.dataset.ready")
		t.Logf("%d tests: %d bytes, ready after %s ms, %v elements", n, info.Size(), ready, value[int](p, "document.querySelectorAll('*').length"))
		if info.Size() > 15<<20 {
			t.Errorf("%d tests: the page has %d bytes", n, info.Size())
		}
		is(p, "Number(document.documentElement.dataset.ready) < 2000", true)
		is(p, "document.querySelectorAll('*').length < 20000", true)
		is(p, "document.querySelectorAll('.tree > .package').length > 0", true)
		p.shot(fmt.Sprint("size-", n))
	}
}

func TestFilter(t *testing.T) {
	p := openTab(t, report(t, events(2000)), 1280)
	p.run(chromedp.SendKeys(chromedp.CSS("#search"), "Test1230/case_1239"))
	is(p, "document.querySelector('.found').textContent", "1 of 2,000 tests in 1 package")
	is(p, "document.querySelectorAll('.tree .test').length", 2) // the test and its parent
	is(p, "location.hash", "#q=Test1230%2Fcase_1239")
	p.run(chromedp.SendKeys(chromedp.CSS("#search"), kb.Escape))
	is(p, "document.querySelector('.found').hidden", true)
	p.run(chromedp.Click(chromedp.CSS(".chip.failed")))
	is(p, "document.querySelector('.found').textContent.startsWith('21 of 2,000 tests')", true)
	is(p, "[...document.querySelectorAll('.tree .test.passed')].every((e) => e.querySelector('.test.failed'))", true)
	p.run(chromedp.Click(chromedp.CSS(".chip.skipped")), chromedp.SendKeys(chromedp.CSS("#search"), "pkg3"))
	is(p, "location.hash", "#q=pkg3&show=failed%2Cskipped")
	before := value[string](p, "document.querySelector('.found').textContent")
	p.run(chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(".found")))
	is(p, "document.querySelector('.found').textContent", before)
	is(p, "document.querySelector('.chip.skipped').getAttribute('aria-pressed')", "true")
	p.run(chromedp.SendKeys(chromedp.CSS("#search"), " nothing"))
	is(p, "document.querySelector('.tree').textContent", "Nothing matches.")
	p.run(chromedp.SendKeys(chromedp.CSS("#search"), kb.Escape), chromedp.Click(chromedp.CSS(".chip.skipped")), chromedp.Click(chromedp.CSS(".chip.failed")))
	p.run(chromedp.SetValue(chromedp.CSS("#sort"), "time"), do("document.querySelector('#sort').dispatchEvent(new Event('change'))"))
	is(p, `(() => {
		const times = [...document.querySelectorAll('.tree > .package:nth-child(2) > .body > ul > .test > .line .time')].map((e) => parseFloat(e.textContent || "0"));
		return times.length > 5 && times.every((t, i) => i === 0 || t <= times[i - 1]);
	})()`, true)
}

// A package that failed outside its tests counts as a failed test, as in the head of the page.
func TestOutside(t *testing.T) {
	p := openTab(t, report(t, `{"Action":"start","Package":"m/p"}
{"Action":"output","Package":"m/p","Output":"no database\n"}
{"Action":"fail","Package":"m/p"}
{"Action":"start","Package":"m/q"}
{"Action":"run","Package":"m/q","Test":"TestQ"}
{"Action":"fail","Package":"m/q","Test":"TestQ"}
{"Action":"run","Package":"m/q","Test":"TestPasses"}
{"Action":"pass","Package":"m/q","Test":"TestPasses"}
{"Action":"fail","Package":"m/q"}
`), 1280)
	is(p, "document.querySelector('h1').textContent.includes('Of 3 tests, 2 failed')", true)
	is(p, "document.querySelector('.chip.failed').textContent", "failed 2")
	p.run(chromedp.Click(chromedp.CSS(".chip.failed")))
	is(p, "document.querySelector('.found').textContent", "2 of 3 tests in 2 packages")
}

// The link of a test shows it after a reload too, wherever it is in the list.
func TestLink(t *testing.T) {
	p := openTab(t, report(t, events(20_000)), 1280)
	p.run(do("location.hash = '#package=example.com%2Fshop%2Fpkg199&test=Test19990%2Fcase_19999'"))
	shown := "document.activeElement.querySelector?.('.name')?.textContent + ' ' + Boolean(document.activeElement.closest?.('.target'))"
	inView := "(() => { const b = document.activeElement.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; })()"
	is(p, shown, "case_19999 true")
	is(p, inView, true)
	p.run(chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(".target")))
	is(p, shown, "case_19999 true")
	is(p, inView, true)
	address := value[string](p, "document.querySelector('.target .link').getAttribute('href')")
	is(p, "location.hash", address)
	// The keyboard goes on from there.
	p.run(chromedp.KeyEvent(kb.ArrowRight))
	is(p, "document.activeElement.getAttribute('aria-expanded')", "true")
	p.run(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowUp))
	is(p, "document.activeElement.querySelector('.name').textContent", "case_19998")
	p.run(chromedp.KeyEvent("/"))
	is(p, "document.activeElement.id", "search")
	p.run(do("location.hash = '#package=nothing&test=TestGone'"))
	is(p, "document.querySelectorAll('.tree > .package').length", 100)
}

// Scrolling to the end of a long list makes the rest of it.
func TestLongList(t *testing.T) {
	p := openTab(t, report(t, events(20_000)), 1280)
	for range 5 {
		p.run(do("document.querySelector('.tree').scrollIntoView({block: 'end'})"), chromedp.Sleep(50e6))
	}
	is(p, "document.querySelectorAll('.tree > .package').length", 200)
}

func TestHostile(t *testing.T) {
	name := strings.ReplaceAll(hostile, " ", "_")
	var b strings.Builder
	for _, e := range []event{
		{Action: "start"}, {Action: "run", Test: "TestA"}, {Action: "run", Test: "TestA/" + name},
		{Action: "output", Test: "TestA/" + name, Output: "    x_test.go:1: " + hostile + " \x1b[31m" + hostile + "\x1b]8;;http://x\x07link\x1b]8;;\x07\x1b[0m\u2028\u2029\n"},
		{Action: "fail", Test: "TestA/" + name, Elapsed: 0.1}, {Action: "fail", Test: "TestA", Elapsed: 0.1}, {Action: "fail", Elapsed: 0.2},
	} {
		fmt.Fprintf(&b, `{"Time":"2026-01-02T03:04:05Z","Action":%q,"Package":%q,"Test":%q,"Elapsed":%v,"Output":%q}`+"\n",
			e.Action, "example.com/"+name, e.Test, e.Elapsed, strings.ReplaceAll(e.Output, "\x1b", "\u001b"))
	}
	text := strings.NewReplacer(`\x1b`, `\u001b`, `\a`, `\u0007`).Replace(b.String())
	p := openTab(t, report(t, text), 1280)
	is(p, "document.querySelectorAll('img, script:not([type]), iframe, object').length", 1) // our own script
	is(p, "document.querySelectorAll('.tree pre').length", 1)
	is(p, fmt.Sprintf("document.querySelector('.tree pre').textContent.includes(%q)", hostile), true)
	is(p, fmt.Sprintf("[...document.querySelectorAll('.tree .name')].some((e) => e.textContent === %q)", name), true)
	is(p, "[...document.querySelectorAll('a')].every((a) => a.getAttribute('href').startsWith('#') || /^https:/.test(a.href))", true)
	p.run(do("document.querySelectorAll('.tree .link').item(2).click()"), chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(".target")))
	is(p, "document.activeElement.querySelector('.name').textContent", name)
	p.shot("hostile")
}

// realRun runs tests on two workers, and returns the page.
func realRun(t *testing.T) string {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "go.mod.txt"), filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "report.html")
	command := exec.Command(name, "-n", "2", "--timings", "off", "--rerun-fails", "--diagnose", "--html", file, "--packages", "./...", "--", "-cover", "-count=1")
	command.Dir = dir
	command.Env = append(os.Environ(), "STATE="+t.TempDir(), "GOFLAGS=-mod=mod")
	if out, err := command.CombinedOutput(); err == nil {
		t.Fatalf("the run passed:\n%s", out)
	}
	return file
}

func TestRun(t *testing.T) {
	p := openTab(t, realRun(t), 1280, colors["light"])
	is(p, "document.querySelectorAll('.timeline .bar.processes').length >= 3", true)
	is(p, "document.querySelectorAll('.timeline .lanename').length", 3) // the build and two workers
	is(p, "document.querySelectorAll('.bar.critical').length > 0", true)
	is(p, "document.querySelector('.chip.flaky').textContent", "flaky 1")
	is(p, "document.querySelectorAll('.diff.added').length > 0 && document.querySelectorAll('.fore-1').length > 0", true)
	is(p, "document.querySelectorAll('.tag.verdict').length >= 1 && document.querySelectorAll('.verdict .command').length >= 1", true)
	is(p, "[...document.querySelectorAll('.tags')].filter((e) => new Set([...e.children].map((tag) => tag.textContent)).size < e.children.length).length", 0) // none twice
	// The keyboard goes from bar to bar and shows what each is.
	p.run(chromedp.Focus(chromedp.CSS(".bar[tabindex='0']")))
	is(p, "document.querySelector('.tip').textContent === document.activeElement.getAttribute('aria-label')", true)
	is(p, "document.querySelector('.tip').hidden", false)
	first := value[string](p, "document.querySelector('.tip').textContent")
	p.run(chromedp.KeyEvent(kb.ArrowDown))
	is(p, fmt.Sprintf("document.querySelector('.tip').textContent !== %q", first), true)
	width := "document.querySelector('.area').offsetWidth"
	before := value[int](p, width)
	p.run(chromedp.KeyEvent("+"))
	is(p, width, 2*before)
	p.run(chromedp.KeyEvent("0"))
	is(p, width, before)
	// A click on a test of the timeline shows it in the list.
	p.run(do("document.querySelector('.bar.tests.failed').click()"))
	is(p, "Boolean(document.activeElement.closest('.target'))", true)
	p.run(do("navigator.clipboard.writeText = async (text) => { window.copied = text; }; document.querySelector('[aria-label=\"Copy output of TestColors\"]').click()"))
	is(p, "window.copied?.startsWith('red bold green orange on blue\\n') && copied.includes('cart_test.go:')", true)
	p.run(do("document.querySelector('[aria-label=\"Copy command of TestReceipt\"]').click()"))
	is(p, "copied", "go test -run '^TestReceipt$' ./cart")
	// A worker's tests. What they are in may have run again on the other worker.
	p.run(chromedp.SetValue(chromedp.CSS("#worker"), "gw1"), do("document.querySelector('#worker').dispatchEvent(new Event('change'))"))
	is(p, "[...document.querySelectorAll('.tree .test')].every((e) => e.querySelector('.test') || e.querySelector('.tag.worker').textContent === 'gw1')", true)
}

// At each width and in both colors nothing is wider than the window, and axe-core finds nothing
// serious.
func TestLooks(t *testing.T) {
	file := realRun(t)
	script := axe(t)
	for name, color := range colors {
		for _, width := range []int{360, 1280, 2560} {
			p := openTab(t, file, width, color)
			is(p, "document.documentElement.scrollWidth <= innerWidth", true)
			is(p, "document.querySelectorAll('.bar').length > 0", true)
			is(p, "[...document.querySelectorAll('.tag, .command .word, td .word')].filter((e) => e.getClientRects().length !== 1 || e.offsetHeight > 30).length", 0) // each on one line
			is(p, "[...document.querySelectorAll('.tick')].filter((e) => e.textContent).length >= 2", true)
			back := value[int](p, "parseInt(getComputedStyle(document.body).backgroundColor.slice(4))")
			if (back < 128) != (name == "dark") {
				t.Errorf("the background of the %s page has the brightness %d", name, back)
			}
			p.shot(fmt.Sprintf("%s-%d", name, width))
			p.run(do(script))
			if found := p.axe(); found != "" {
				t.Errorf("%s, %d wide: axe-core finds\n%s", name, width, found)
			}
		}
	}
	p := openTab(t, file, 1280)
	p.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	}))
	is(p, "getComputedStyle(document.body).backgroundColor", "rgb(255, 255, 255)") // on paper
	p.run(do("document.querySelector('.tools button').click(); dispatchEvent(new Event('beforeprint'))"))
	// All of the timeline fits at once: nothing is drawn again while the page is printed.
	if !value[bool](p, `(() => {
		const main = document.querySelector("main");
		main.style.width = "600px";
		return [...document.querySelectorAll(".bar, .tick")].every((e) => e.getBoundingClientRect().left < main.getBoundingClientRect().right);
	})()`) {
		t.Error("the timeline is wider than the paper")
	}
	is(p, "getComputedStyle(document.querySelector('.toolbar')).display", "none")
	is(p, "getComputedStyle(document.querySelector('.tree')).display !== 'none'", true)
}
