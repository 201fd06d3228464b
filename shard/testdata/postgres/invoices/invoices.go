// Package invoices calculates what customers owe.
package invoices

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Due adds up the orders of a customer.
func Due(ctx context.Context, db *pgx.Conn, customer string) (cents int, err error) {
	err = db.QueryRow(ctx, "SELECT coalesce(sum(cents), 0) FROM orders WHERE customer = $1", customer).Scan(&cents)
	return cents, err
}
