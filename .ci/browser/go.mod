// The test of the HTML report in a browser. It is separate from the project's own module to keep
// its users' module graphs small.
module github.com/gotestshard/gotestshard/ci/browser

go 1.26.0

require (
	github.com/chromedp/cdproto v0.160.3
	github.com/chromedp/chromedp v0.23.1
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
