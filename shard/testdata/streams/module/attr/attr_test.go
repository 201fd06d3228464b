package attr

import "testing"

func TestAttr(t *testing.T) {
	t.Attr("issue", "12")
	t.Attr("owner", `a "quoted" <name>`)
	t.Run("sub", func(t *testing.T) {
		t.Attr("issue", "13")
		t.Attr("issue", "14")
		t.Error("failed")
	})
}

func TestSkipped(t *testing.T) {
	t.Attr("why", "no reason")
	t.Skip()
}

func TestArtifacts(t *testing.T) { _ = t.ArtifactDir() }
