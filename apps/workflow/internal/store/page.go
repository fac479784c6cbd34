package store

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// PageBounds bound a page of rows that may be large. It has one row at least, if there is one.
type PageBounds struct{ Rows, Bytes int }

// bounded cuts the page of an inner query, which has one row more than asked for, where its sizes exceed the
// bytes. PostgreSQL does it, so that a page of large rows is never in memory as a whole. It adds two columns:
// the sum so far, and how many rows there were.
func bounded(inner, order, size string, bytes int) string {
	return fmt.Sprintf(`SELECT * FROM (SELECT *, sum(%[3]s) OVER (ORDER BY %[2]s) AS total, count(*) OVER () AS available FROM (%[1]s) AS page) AS summed
		WHERE total <= %[4]d OR total = %[3]s ORDER BY %[2]s`, inner, order, size, bytes)
}

// collectPage reads what bounded gives. More says that there are rows after those.
func collectPage[T any](rows pgx.Rows, most int, targets func(*T) []any) (page []T, more bool, err error) {
	var total, available int64
	page, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t T, err error) {
		return t, row.Scan(append(targets(&t), &total, &available)...)
	})
	if len(page) > most {
		page = page[:most]
	}
	return page, err == nil && int64(len(page)) < available, err
}
