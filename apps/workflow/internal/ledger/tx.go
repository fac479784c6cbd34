// Package ledger is the state of runs. Every change of a run is one function on a transaction that somebody
// else begins and commits: it locks the run's row, lets the interpreter say what follows from the recorded
// results, records that with its events, and gives the tasks that are to be carried out next. It knows no
// clock but the database's, no network, and nothing of what carries the tasks out.
package ledger

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// Tx is a transaction that somebody else began and will commit. A function that fails has left it
// unusable: it must be rolled back, to a savepoint at least.
type Tx interface {
	Exec(ctx context.Context, sql string, arguments ...any) (affected int64, err error)
	Query(ctx context.Context, sql string, arguments ...any) (Rows, error)
	QueryRow(ctx context.Context, sql string, arguments ...any) Row
}

// Rows is an open result. It must be closed before the next statement.
type Rows interface {
	Next() bool
	Scan(targets ...any) error
	Err() error
	Close() error
}

// Row is a result of one row; Scan gives pgx.ErrNoRows if there is none.
type Row interface{ Scan(targets ...any) error }

// Pgx makes a pgx transaction a Tx.
func Pgx(tx pgx.Tx) Tx { return pgxTx{tx} }

type pgxTx struct{ tx pgx.Tx }

func (t pgxTx) Exec(ctx context.Context, sql string, arguments ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, sql, arguments...)
	return tag.RowsAffected(), err
}

func (t pgxTx) Query(ctx context.Context, sql string, arguments ...any) (Rows, error) {
	rows, err := t.tx.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, err
	}
	return pgxRows{rows}, nil
}

func (t pgxTx) QueryRow(ctx context.Context, sql string, arguments ...any) Row {
	return t.tx.QueryRow(ctx, sql, arguments...)
}

type pgxRows struct{ pgx.Rows }

func (r pgxRows) Close() error {
	r.Rows.Close()
	return nil
}

// enterSQL also has PostgreSQL plan a statement once for a connection. It takes rows that come as arrays for a thousand as long as it
// does not know the arrays, so by itself it would plan flushSQL anew each time, which costs more than carrying it out.
//
// A change waits two seconds for a lock, then has to be tried again. PostgreSQL ends the transactions of a process that is stopped after five.
// If several of its waited for one run's row, each would get the row from the one before it, and hold it for five seconds more.
const enterSQL = database.EnterSQL + `, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('lock_timeout', '2s', true)`

// enter puts the tenant's role on; the flush of a change, or leave, takes it off again.
func enter(ctx context.Context, tx Tx, workspace string) error {
	if workspace == "" {
		return errors.New("a change of a run needs a workspace, got none")
	}
	_, err := tx.Exec(ctx, enterSQL, workspace)
	return err
}

func leave(ctx context.Context, tx Tx) error {
	_, err := tx.Exec(ctx, database.LeaveSQL)
	return err
}

// each reads all rows of a query.
func each(ctx context.Context, tx Tx, read func(Rows) error, sql string, arguments ...any) error {
	rows, err := tx.Query(ctx, sql, arguments...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := read(rows); err != nil {
			_ = rows.Close()
			return err
		}
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return err
	}
	return rows.Close()
}
