// Package orders stores the orders of customers.
package orders

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Place stores an order.
func Place(ctx context.Context, db *pgx.Conn, customer string, cents int) error {
	_, err := db.Exec(ctx, "INSERT INTO orders (customer, cents) VALUES ($1, $2)", customer, cents)
	return err
}

// Total adds up all orders.
func Total(ctx context.Context, db *pgx.Conn) (cents int, err error) {
	err = db.QueryRow(ctx, "SELECT coalesce(sum(cents), 0) FROM orders").Scan(&cents)
	return cents, err
}
