package reports_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/shop/orders"
	"example.com/shop/reports"
	"example.com/shop/testdb"
)

func TestNobodyIsTheBestWithoutOrders(t *testing.T) {
	db := testdb.Open(t)
	if customer, _, err := reports.BestCustomer(t.Context(), db); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("got %q, %v, want no rows", customer, err)
	}
}

func TestTheBestHasPaidTheMost(t *testing.T) {
	db := testdb.Open(t)
	for _, order := range []struct {
		customer string
		cents    int
	}{{"ann", 1000}, {"bob", 2500}, {"ann", 2000}} {
		if err := orders.Place(t.Context(), db, order.customer, order.cents); err != nil {
			t.Fatal(err)
		}
	}
	testdb.Meet(t)
	if customer, cents, err := reports.BestCustomer(t.Context(), db); customer != "ann" || cents != 3000 || err != nil {
		t.Errorf("got %s with %d cents, %v, want ann with 3000", customer, cents, err)
	}
}
