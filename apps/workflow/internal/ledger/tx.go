// Package ledger is the state of runs. Every change of a run is one function on a transaction that somebody
// else begins and commits: it locks the run's row, lets the interpreter say what follows from the recorded
// results, records that with its events, and gives the tasks that are to be carried out next. It knows no
// clock but the database's, which it counts on while a run is handed down, no network, and nothing of what carries the tasks out.
package ledger

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/internal/database"
)

// Tx is a transaction that somebody else begins and commits on a connection. A statement whose answer nobody waits for goes to the server in one
// message with the next whose answer somebody does, or with the commit: a change is two messages, whatever it writes. A function that fails has
// left the transaction unusable: it must be rolled back.
type Tx struct {
	conn  Conn
	batch *pgx.Batch // what is not sent yet
}

// Conn sends statements together: a connection of pgx, or a transaction.
type Conn interface {
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// On makes a Tx of the transaction on a connection. Send must follow.
func On(conn Conn) *Tx { return &Tx{conn, &pgx.Batch{}} }

// Queue has a statement sent with the next one. What is wrong with it shows there.
func (t *Tx) Queue(sql string, arguments ...any) *pgx.QueuedQuery {
	return t.batch.Queue(sql, arguments...)
}

// Send sends what is queued, and waits for all answers.
func (t *Tx) Send(ctx context.Context) error {
	batch := t.batch
	t.batch = &pgx.Batch{}
	return t.conn.SendBatch(ctx, batch).Close()
}

// Exec waits for a statement that gives no rows.
func (t *Tx) Exec(ctx context.Context, sql string, arguments ...any) (affected int64, err error) {
	t.Queue(sql, arguments...).Exec(func(tag pgconn.CommandTag) error {
		affected = tag.RowsAffected()
		return nil
	})
	err = t.Send(ctx)
	return affected, err
}

// QueryRow is a statement that gives one row. It is carried out when that is scanned, which gives pgx.ErrNoRows if there is none.
func (t *Tx) QueryRow(ctx context.Context, sql string, arguments ...any) Row {
	return Row{ctx, t, sql, arguments}
}

// Row is a statement that gives one row.
type Row struct {
	ctx       context.Context //nolint:containedctx // it lives as long as one call
	tx        *Tx
	sql       string
	arguments []any
}

// Scan carries the statement out.
func (r Row) Scan(targets ...any) error {
	var scanned error
	r.tx.queueRow(&scanned, r.sql, r.arguments, targets)
	return cmp.Or(r.tx.Send(r.ctx), scanned)
}

// queueRow has one row read when it comes. That there is none is no fault of the statement: pgx would forget its plan.
func (t *Tx) queueRow(scanned *error, sql string, arguments, targets []any) {
	t.Queue(sql, arguments...).QueryRow(func(row pgx.Row) error {
		*scanned = row.Scan(targets...)
		return nil
	})
}

// enterSQL also has PostgreSQL plan a statement once for a connection. It takes rows that come as arrays for a thousand as long as it
// does not know the arrays, so by itself it would plan flushSQL anew each time, which costs more than carrying it out.
//
// A change waits two seconds for a lock, then has to be tried again. PostgreSQL ends the transactions of a process that is stopped after five.
// If several of its waited for one run's row, each would get the row from the one before it, and hold it for five seconds more.
const enterSQL = database.EnterSQL + `, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('lock_timeout', '2s', true)`

// enter puts the tenant's role on; the flush of a change, or leave, takes it off again.
func enter(tx *Tx, workspace string) error {
	if workspace == "" {
		return errors.New("a change of a run needs a workspace, got none")
	}
	tx.Queue(enterSQL, workspace)
	return nil
}

func leave(tx *Tx) { tx.Queue(database.LeaveSQL) }

// each reads all rows of a query.
func each(ctx context.Context, tx *Tx, read func(pgx.Rows) error, sql string, arguments ...any) error {
	tx.queueEach(read, sql, arguments...)
	return tx.Send(ctx)
}

// queueEach has rows read when they come.
func (t *Tx) queueEach(read func(pgx.Rows) error, sql string, arguments ...any) {
	t.Queue(sql, arguments...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := read(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
