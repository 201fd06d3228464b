// Package refunds gives customers their money back.
package refunds

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// All takes back all orders of a customer and returns their total.
func All(ctx context.Context, db *pgx.Conn, customer string) (cents int, err error) {
	err = db.QueryRow(ctx, `
		WITH gone AS (DELETE FROM orders WHERE customer = $1 RETURNING customer, cents),
		     paid AS (INSERT INTO refunds SELECT customer, cents FROM gone)
		SELECT coalesce(sum(cents), 0) FROM gone`, customer).Scan(&cents)
	return cents, err
}
