package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/paging"
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

// newest adds to a query, SELECT … FROM …, what gives at most limit rows after the cursor, the newest first: those that the filter lets through.
func newest[T any](ctx context.Context, pool *pgxpool.Pool, workspace, query string, f *filter, after paging.Cursor, limit int, targets func(*T) []any) (all []T, err error) {
	if !after.First() {
		f.add("(created_at, id) < (?, ?)", after.Time, after.ID)
	}
	query += fmt.Sprintf(`%s ORDER BY created_at DESC, id DESC LIMIT %d`, f.where(), limit)
	err = database.InWorkspace(ctx, pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, f.arguments...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t T, err error) { return t, row.Scan(targets(&t)...) })
		return err
	})
	return all, err
}

// room refuses another row in a table that has as many of the workspace as it may have.
func room(ctx context.Context, tx pgx.Tx, table string, most int) error {
	var count int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&count); err != nil {
		return err
	}
	if count >= most {
		return fmt.Errorf("the workspace has %d %s already, and may have %d; delete one first: %w", count, strings.ReplaceAll(table, "_", " "), most, ErrConflict)
	}
	return nil
}
