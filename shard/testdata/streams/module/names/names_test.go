package names

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, name := range []string{
		"", "", "same", "same", "with space", "a/b", "/slashes/", "ünï—cödé", "日本語", "%s %d%%", `"quoted" \ back`,
		"tab\tnewline\nescape\x1b[31m", "\xff\xfe", "<xml attr='a'>&amp;]]>", "=== RUN   TestFake", "--- FAIL: TestFake (0.00s)",
		"^regexp.*$[x](y)|z?", "#01", "..", "CamelCaseHTTPServer_with_snake_case", strings.Repeat("long", 60),
	} {
		t.Run(name, func(t *testing.T) {
			t.Log("in", t.Name())
			if strings.ContainsAny(name, "xüs") {
				t.Error("failed")
			}
		})
	}
}

func Test_under_score(t *testing.T)          {}
func TestÜmlaut(t *testing.T)                {}
func Test(t *testing.T)                      {}
func TestHTTPServer_Returns404(t *testing.T) { t.Run("it works/when it's on", func(t *testing.T) {}) }
