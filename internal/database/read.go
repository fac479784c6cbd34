package database

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ReadRow reads one row as InWorkspace would, in one round trip; pgx.ErrNoRows says that there is none. Statements that are sent together are a
// transaction by themselves: what is set for the row is gone with it.
func ReadRow(ctx context.Context, pool *pgxpool.Pool, workspace string, targets []any, query string, arguments ...any) error {
	if workspace == "" {
		return errors.New("to read a row needs a workspace, got none")
	}
	var scanned error // by itself: that there is no row is no fault of the statement, whose plan pgx would forget
	batch := &pgx.Batch{}
	batch.Queue(EnterSQL, workspace)
	batch.Queue(query, arguments...).QueryRow(func(row pgx.Row) error {
		scanned = row.Scan(targets...)
		return nil
	})
	return cmp.Or(pool.SendBatch(ctx, batch).Close(), scanned)
}
