package verdict

import (
	"strings"
	"testing"
)

// What a failure beside other tests is about, from what real programs print.
func TestShared(t *testing.T) {
	for _, c := range []struct{ output, others, want string }{
		{"a_test.go:9: listen tcp 127.0.0.1:8080: bind: address already in use", "", "they share port 8080"},
		{"panic: listen tcp :8080: bind: address already in use", "", "they share port 8080"},
		{"listen tcp6 [::1]:9: bind: address already in use", "", "they share port 9"},
		{"listen udp 0.0.0.0:53: bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.", "", "they share port 53"},
		{"Error: listen EADDRINUSE: address already in use :::3000", "", "they share port 3000"},
		{"Bind for 0.0.0.0:5432 failed: port 5432 is already allocated", "", "they share port 5432"},
		{"listen unix /tmp/my app.sock: bind: address already in use", "", "they share the file /tmp/my app.sock"},
		{"mkdir /tmp/x: file exists", "", "they share the file /tmp/x"},
		{"    x_test.go:3: open ../testdata/out put.txt: no such file or directory", "", "they share the file ../testdata/out put.txt"},
		{"open /var/lock/x: permission denied", "", "they share the file /var/lock/x"},
		{"rename /tmp/a /tmp/b: file exists", "", "they share the file /tmp/b"},
		{`unlinkat /tmp/dir: directory not empty`, "", "they share the file /tmp/dir"},
		{`open C:\Temp\x: The process cannot access the file because it is being used by another process.`, "", `they share the file C:\Temp\x`},
		{`fork/exec /tmp/tool: text file busy`, "", "they share the file /tmp/tool"},
		{`ERROR: relation "users" already exists (SQLSTATE 42P07)`, "", "they share the table users"},
		{`pq: relation "public.users" does not exist`, "", "they share the table public.users"},
		{`pq: database "app_test" already exists`, "", "they share the database app_test"},
		{`pq: database "app_test" is being accessed by other users`, "", "they share the database app_test"},
		{`ERROR: duplicate key value violates unique constraint "users_pkey" (SQLSTATE 23505)`, "", "they share the constraint users_pkey"},
		{`Error 1062 (23000): Duplicate entry 'a@example.com' for key 'users.email'`, "", "they share the key users.email"},
		{`Error 1050 (42S01): Table 'users' already exists`, "", "they share the table users"},
		{`Error 1146 (42S02): Table 'app.users' doesn't exist`, "", "they share the table app.users"},
		{`Error 1007 (HY000): Can't create database 'app'; database exists`, "", "they share the database app"},
		{"UNIQUE constraint failed: users.email", "", "they share the column users.email"},
		{"SQL logic error: no such table: users (1)", "", "they share the table users"},
		{"table users already exists", "", "they share the table users"},
		{"database is locked (5) (SQLITE_BUSY)", "", "they share an SQLite database"},
		{"ERROR: deadlock detected (SQLSTATE 40P01)", "", "they share a row of a database"},
		{`ERROR: could not obtain lock on relation "jobs"`, "", "they share the table jobs"},
		{"E11000 duplicate key error collection: app.users index: _id_ dup key", "", "they share the collection app.users"},
		// The others may be the ones that say it.
		{"connection refused", "listen tcp :8080: bind: address already in use", "they share port 8080"},
		{"open /tmp/a: file exists\nmkdir /tmp/b: file exists", "stat /tmp/b: no such file or directory", "they share the file /tmp/b and the file /tmp/a"},
		{"open /tmp/a: file exists\nopen /tmp/a: file exists", "", "they share the file /tmp/a"},
		{"mkdir 1: file exists\nmkdir 2: file exists\nmkdir 3: file exists\nmkdir 4: file exists", "", "they share the file 1, the file 2 and the file 3"},
		// Most failures say nothing about it.
		{"got 3 rows, want 2", "", ""},
		{"at 10:30 it said: address is wrong", "", ""},
		{"", "", ""},
		{"open questions: " + strings.Repeat("x", 600) + ": file exists", "", ""},
	} {
		if got := Words(Shared(c.output, c.others)); got != c.want {
			t.Errorf("%q beside %q: %q, want %q", c.output, c.others, got, c.want)
		}
	}
}
