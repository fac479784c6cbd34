package durable

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	startLock = 0x61677433 // an advisory lock of the whole database
	turnLook  = 50 * time.Millisecond
)

// inTurn lets one process after the other start DBOS, which makes its tables then: processes that do so at the same time end
// in a deadlock. A process asks again instead of waiting in the database, because CREATE INDEX CONCURRENTLY waits for every
// statement that is older.
func (e *Engine) inTurn(ctx context.Context, start func() error) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for {
		var mine bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, startLock).Scan(&mine); err != nil {
			return err
		}
		if mine {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(turnLook):
		}
	}
	return errors.Join(start(), release(ctx, conn))
}

func release(ctx context.Context, conn *pgxpool.Conn) error {
	_, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, startLock)
	return err
}
