package option

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/config"
)

// readTables reads all tables of a file.
func readTables(file *config.File, t *Tables) error {
	for _, kind := range t.list() {
		list := file.Root.Get(kind.name)
		switch {
		case list == nil:
			continue
		case list.Kind != config.List:
			return file.Errorf(list, "%s: this is %s: write a table for each, [[%[1]s]] with two brackets", kind.name, list.Kind)
		}
		for _, item := range list.Items {
			if err := readTable(file, item, kind); err != nil {
				return err
			}
		}
	}
	return t.checkGroups()
}

// readTable reads a table.
func readTable(file *config.File, item *config.Value, kind tableKind) error {
	if item.Kind != config.Table {
		return file.Errorf(item, "%s: this is %s: write a table, [[%[1]s]]", kind.name, item.Kind)
	}
	one := kind.add()
	one.setPlace(file.Place(item))
	rows, set := declared(one)
	var known []string
	for _, row := range rows {
		known = append(known, row.name)
	}
	for _, value := range item.Items {
		at := slices.Index(known, value.Key)
		if at < 0 {
			return file.Errorf(value, "%q is not a key of [[%s]]: %swrite one of %s", value.Key, kind.name, plain.Suggest(value.Key, known), strings.Join(known, ", "))
		}
		if err := rows[at].set(set, value); err != nil {
			return file.Errorf(value, "%s: %w", value.Key, err)
		}
	}
	for _, row := range rows {
		if row.required && item.Get(row.name) == nil {
			return file.Errorf(item, "%s: this table has no %s: add one, such as %[2]s = %s", kind.name, row.name, row.example)
		}
	}
	if key, err := one.check(); err != nil {
		at := item
		if key != "" {
			at, err = item.Get(key), fmt.Errorf("%s: %w", key, err)
		}
		return file.Errorf(at, "%w", err)
	}
	return nil
}

// declared returns the keys of a table, and a set in which they are flags.
func declared(one table) (rows []flag, set *pflag.FlagSet) {
	rows, set = one.keys(), newFlagSet("")
	for _, row := range rows {
		row.declare(set, nil)
	}
	return rows, set
}
