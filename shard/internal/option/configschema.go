package option

import (
	"bytes"
	"encoding/json"
	"maps"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/config"
)

// Schema returns the JSON schema of the configuration file.
func Schema() []byte {
	f := newFlags(Call{})
	texts := map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	properties := func() map[string]any {
		all := map[string]any{keyArgs: with(texts, "flags of go test, before those of the command line")}
		for _, row := range f.table {
			if row.isKey() {
				_, help := pflag.UnquoteUsage(f.set.Lookup(row.name))
				all[row.name] = with(row.schema(), help)
			}
		}
		return all
	}
	text := map[string]any{"type": "string"}
	profile := properties()
	profile[keyInherits] = with(text, "the profile whose values this one has too, unless it has its own")
	root := properties()
	root[keyRequiredVersion] = with(text, "the oldest version of gotestshard that understands this file")
	root[keyProfile] = map[string]any{"type": "object", "additionalProperties": map[string]any{
		"type": "object", "properties": profile, "additionalProperties": false,
	}}
	for _, kind := range f.opts.Tables.list() {
		root[kind.name] = kind.schema()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(map[string]any{ // texts, lists and maps of them: it cannot fail
		"$schema": "http://json-schema.org/draft-07/schema#", "$id": SchemaURL, "title": "configuration file of gotestshard",
		"type": "object", "properties": root, "additionalProperties": false,
	})
	return b.Bytes()
}

// schema returns the JSON schema of all tables of a kind.
func (kind tableKind) schema() map[string]any {
	rows, set := declared(kind.add())
	keys, required := map[string]any{}, []string{}
	for _, row := range rows {
		if row.required {
			required = append(required, row.name)
		}
		_, help := pflag.UnquoteUsage(set.Lookup(row.name))
		keys[row.name] = with(row.schema(), help)
	}
	return map[string]any{"type": "array", "description": kind.help, "items": map[string]any{
		"type": "object", "properties": keys, "required": required, "additionalProperties": false,
	}}
}

func with(schema map[string]any, description string) map[string]any {
	described := map[string]any{"description": description}
	maps.Copy(described, schema)
	return described
}

// schema returns the JSON schema of the flag's values.
func (f flag) schema() map[string]any {
	if to, ok := f.to.(*choiceValue); ok {
		return map[string]any{"enum": to.choices}
	}
	all, _ := f.kinds()
	var kinds []map[string]any
	for _, kind := range all {
		switch kind {
		case config.Date:
			kinds = append(kinds, map[string]any{"type": "string", "format": "date"})
		case config.Bool:
			kinds = append(kinds, map[string]any{"type": "boolean"})
		case config.Integer:
			kinds = append(kinds, map[string]any{"type": "integer"})
		case config.List:
			kinds = append(kinds, map[string]any{"type": "array", "items": map[string]any{"type": "string"}})
		default:
			kinds = append(kinds, map[string]any{"type": "string"})
		}
	}
	if len(kinds) == 1 {
		return kinds[0]
	}
	return map[string]any{"anyOf": kinds}
}
