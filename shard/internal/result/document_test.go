package result

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// docs/result.md describes every kind of line and every key.
func TestDocumented(t *testing.T) {
	document, err := os.ReadFile("../../../docs/result.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys func(typ reflect.Type)
	keys = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
			return
		}
		for field := range typ.Fields() {
			if name := field.Tag.Get("json"); !strings.Contains(string(document), "`"+name+"`") {
				t.Errorf("docs/result.md does not describe `%s` of %s", name, typ)
			}
			keys(field.Type)
		}
	}
	for kind, typ := range map[string]reflect.Type{
		kindHeader: reflect.TypeFor[Header](), kindPlan: reflect.TypeFor[Plan](), kindStderr: reflect.TypeFor[Text](),
		kindRerun: reflect.TypeFor[Rerun](), kindShard: reflect.TypeFor[Shard](), kindCoverage: reflect.TypeFor[Text](),
		kindTimings: reflect.TypeFor[Timings](), kindEnd: reflect.TypeFor[End](),
	} {
		keys(typ)
		if !regexp.MustCompile("(?m)^\\| `" + kind + "` +\\|").Match(document) {
			t.Errorf("docs/result.md has no table for %s", kind)
		}
	}
}
