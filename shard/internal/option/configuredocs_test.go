package option

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

// The examples of docs/config.md are files without a mistake.
func TestConfigurationExamples(t *testing.T) {
	clearEnv(t)
	examples := regexp.MustCompile("(?s)```toml\n(.+?)```").FindAllStringSubmatch(document(t, "docs/config.md"), -1)
	if len(examples) != 6 {
		t.Errorf("%d examples", len(examples))
	}
	for _, example := range examples {
		inModule(t, example[1])
		parse(t)
	}
}

// The published schema is the one of the table. To renew it: go test ./shard/internal/option -update
func TestSchema(t *testing.T) {
	clearEnv(t)
	const name = "../../../docs/gotestshard.schema.json"
	if *update {
		if err := os.WriteFile(name, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, Schema()) {
		t.Error("docs/gotestshard.schema.json is not that of the table: go test ./shard/internal/option -update")
	}
}
