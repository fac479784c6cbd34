package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// change runs a function of the ledger in one commit with the journal's record of it: it happens once, however often
// the workflow is replayed. Full says whether what follows is for the queue rather than for this workflow.
func (e *Engine) change(ctx dbos.Context, j *journal, name string, full func() bool, fn func(context.Context, *ledger.Tx) (ledger.Outcome, error)) (outcome ledger.Outcome, err error) {
	at := j.next(name)
	found, err := at.recall(&outcome)
	if !found {
		// What has begun is committed, also if the process is about to leave.
		lasting := context.WithoutCancel(ctx)
		err = at.once(ctx, &outcome, func() error {
			return e.commit(lasting, func(tx *ledger.Tx) (err error) {
				if outcome, err = e.guarded(lasting, name, tx, fn); err != nil {
					return err
				}
				outcome.Detached = full()
				row, err := at.row(outcome)
				tx.Queue(recordSQL, row...)
				return cmp.Or(err, ctx.Err())
			})
		})
	}
	if err == nil {
		e.noticed(ctx, outcome)
	}
	return outcome, err
}

// guarded makes a panic of the ledger an error.
func (e *Engine) guarded(ctx context.Context, name string, tx *ledger.Tx, fn func(context.Context, *ledger.Tx) (ledger.Outcome, error)) (o ledger.Outcome, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = e.panicked(ctx, name, panicked)
		}
	}()
	return fn(ctx, tx)
}

// directly runs a function of the ledger in a transaction of its own, again and again while the database is away.
func (e *Engine) directly(ctx context.Context, fn func(context.Context, *ledger.Tx) error) error {
	return e.persist(ctx, func() error {
		return e.commit(ctx, func(tx *ledger.Tx) error { return fn(ctx, tx) })
	})
}

// commit commits a function's transaction, whose first try may be one of what the run was before somebody changed it.
func (e *Engine) commit(ctx context.Context, fn func(*ledger.Tx) error) error {
	err := e.transact(ctx, fn)
	if ledger.Outdated(err) {
		return e.transact(ctx, fn)
	}
	return err
}

// transact runs a function in a transaction whose begin goes with its first statement, and whose end with its last.
func (e *Engine) transact(ctx context.Context, fn func(*ledger.Tx) error) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // closes one that is still in a transaction
	// Once for a connection, and not with the statements before it: the role that these are carried out in must not see DBOS's tables.
	if _, err := conn.Conn().Prepare(ctx, recordSQL, recordSQL); err != nil {
		return err
	}
	tx := ledger.On(conn)
	tx.Queue("BEGIN")
	if err = fn(tx); err == nil {
		tx.Queue("COMMIT").Exec(committed)
		err = tx.Send(ctx)
	}
	if err != nil && conn.Conn().PgConn().TxStatus() != idle {
		_, broken := conn.Exec(ctx, "ROLLBACK")
		err = errors.Join(err, broken)
	}
	return err
}

// committed refuses what PostgreSQL answers to the commit of a transaction that has failed before.
func committed(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

const idle = 'I' // the status of a connection that is in no transaction

// persist tries until it succeeds, the context ends, or the error is not one that passes.
func (e *Engine) persist(ctx context.Context, try func() error) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := try()
		if err == nil || !store.Unavailable(err) && !store.Collided(err) {
			return err
		}
		e.log.WarnContext(ctx, "the database is away", "error", err, "again_in", pause.String())
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, after: %w", context.Cause(ctx), err)
		case <-time.After(pause):
		}
	}
}

// noticed tells readers and calls in flight what a transaction changed, and counts a run that it ended.
func (e *Engine) noticed(ctx context.Context, o ledger.Outcome) {
	if o.Run == "" {
		return
	}
	e.wake(o.Run)
	if o.Ended {
		e.flights.cut(o.Run)
	}
	if o.End != nil {
		e.measure.RunEnded(ctx, string(o.End.Status), o.End.Took)
	}
}
