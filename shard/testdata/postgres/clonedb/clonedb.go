// Package clonedb gives each test a database of its own, a clone of a template that has the
// schema.
package clonedb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"net/url"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that Open names
	"github.com/peterldowns/pgtestdb"
)

//go:embed schema.sql
var schema string

// Open returns a connection to a new database, which is dropped when the test has passed.
func Open(t testing.TB) *sql.DB {
	t.Helper()
	return pgtestdb.New(t, pgtestdb.Config{
		DriverName: "pgx", User: os.Getenv("PGUSER"), Port: os.Getenv("PGPORT"), Database: os.Getenv("PGDATABASE"),
		Options: "host=" + url.QueryEscape(os.Getenv("PGHOST")), // a folder, so it cannot be Host
	}, migrator{})
}

// migrator makes the template. The first test process that needs one does it, and the others
// wait for it.
type migrator struct{}

// Hash identifies the template: another schema gets another one.
func (migrator) Hash() (string, error) {
	sum := sha256.Sum256([]byte(schema))
	return hex.EncodeToString(sum[:]), nil
}

// Migrate creates the tables, and all rows that each test is to find.
func (migrator) Migrate(ctx context.Context, template *sql.DB, _ pgtestdb.Config) error {
	_, err := template.ExecContext(ctx, schema)
	return err
}
