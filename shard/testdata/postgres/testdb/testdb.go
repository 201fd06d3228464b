// Package testdb gives tests a database that no other test uses at the same time.
package testdb

import (
	"context"
	_ "embed"
	"os"
	"testing"

	"github.com/gotestshard/gotestshard/shard/worker"
	"github.com/jackc/pgx/v5"
)

//go:embed schema.sql
var schema string

// Open returns a connection to the worker's own database, with empty tables. It is closed when
// the test ends.
func Open(t testing.TB) *pgx.Conn {
	t.Helper()
	name := worker.Name("shop") // gw0_shop, gw1_shop, …; master_shop under plain go test
	worker.Lock(t, name)        // parallel tests, and the processes of plain go test, take turns
	if os.Getenv("SHARED") != "" {
		name = "shop" // shows what happens without a worker's name
	}
	worker.Once(t, name, func() (string, error) { return name, create(t.Context(), name) },
		worker.Teardown("dropdb", "--if-exists", name))

	conn, err := connect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), "TRUNCATE orders, refunds"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// create creates the database. It first drops the database of an earlier run, if there is one.
func create(ctx context.Context, name string) error {
	for _, step := range []struct{ database, sql string }{
		{"postgres", "DROP DATABASE IF EXISTS " + name}, // a worker's name needs no quotes
		{"postgres", "CREATE DATABASE " + name},
		{name, schema},
	} {
		conn, err := connect(ctx, step.database)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, step.sql)
		_ = conn.Close(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// connect connects to the server that PGHOST, PGPORT and PGUSER specify.
func connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "dbname="+database)
}
