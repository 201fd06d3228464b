// Package stock keeps how many pieces of each item there are.
package stock

import (
	"context"
	"database/sql"
)

// Take takes pieces out of the stock.
func Take(ctx context.Context, db *sql.DB, item string, pieces int) error {
	_, err := db.ExecContext(ctx, "UPDATE stock SET pieces = pieces - $1 WHERE item = $2", pieces, item)
	return err
}

// Pieces counts all pieces.
func Pieces(ctx context.Context, db *sql.DB) (pieces int, err error) {
	err = db.QueryRowContext(ctx, "SELECT sum(pieces) FROM stock").Scan(&pieces)
	return pieces, err
}
