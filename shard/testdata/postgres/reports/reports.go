// Package reports summarizes the business of the shop.
package reports

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// BestCustomer returns the customer whose orders have the highest total.
func BestCustomer(ctx context.Context, db *pgx.Conn) (customer string, cents int, err error) {
	err = db.QueryRow(ctx, "SELECT customer, sum(cents) AS cents FROM orders GROUP BY customer ORDER BY cents DESC LIMIT 1").
		Scan(&customer, &cents)
	return customer, cents, err
}
