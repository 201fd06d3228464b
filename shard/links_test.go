package shard

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	linkForm    = regexp.MustCompile(`\]\(([^)\s:#]*)(?:#([^)\s]+))?\)`) // to a file of the repository
	headingForm = regexp.MustCompile("(?m)^#+ (.*)$")
	codeForm    = regexp.MustCompile("(?ms)^```.*?^```$")
)

// The documents link to each other by the names that GitHub gives to headings.
func TestLinksOfTheDocumentsLead(t *testing.T) {
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil || len(documents) < 20 {
		t.Fatal(documents, err)
	}
	for _, document := range append(documents, "../README.md") {
		for _, link := range linkForm.FindAllStringSubmatch(readDocument(t, document), -1) {
			to := document
			if link[1] != "" {
				to = filepath.Join(filepath.Dir(document), link[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s: %v", document, link[1], err)
			} else if link[2] != "" && !slices.Contains(headings(readDocument(t, to)), link[2]) {
				t.Errorf("%s links to %s#%s, which is not a heading there", document, link[1], link[2])
			}
		}
	}
}

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return codeForm.ReplaceAllString(string(text), "")
}

// headings returns the names of the headings of a document in links.
func headings(text string) (names []string) {
	for _, heading := range headingForm.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
