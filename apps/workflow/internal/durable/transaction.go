package durable

import (
	"context"
	"fmt"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// ledgerTx makes DBOS's transaction one for the ledger.
type ledgerTx struct{ tx dbos.Tx }

func (t ledgerTx) Exec(ctx context.Context, sql string, arguments ...any) (int64, error) {
	result, err := t.tx.Exec(ctx, sql, arguments...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t ledgerTx) Query(ctx context.Context, sql string, arguments ...any) (ledger.Rows, error) {
	return t.tx.Query(ctx, sql, arguments...)
}

func (t ledgerTx) QueryRow(ctx context.Context, sql string, arguments ...any) ledger.Row {
	return t.tx.QueryRow(ctx, sql, arguments...)
}

// change runs a function of the ledger in one commit with DBOS's record of it: it happens once, however often
// the workflow is replayed. Full says whether what follows is for the queue rather than for this workflow.
func (e *Engine) change(ctx dbos.Context, name string, full func() bool, fn func(context.Context, ledger.Tx) (ledger.Outcome, error)) (ledger.Outcome, error) {
	outcome, err := dbos.RunAsTransaction(ctx, e.source, func(ctx context.Context, tx dbos.Tx) (o ledger.Outcome, err error) {
		defer func() {
			if panicked := recover(); panicked != nil {
				err = e.panicked(ctx, name, panicked)
			}
		}()
		o, err = fn(ctx, ledgerTx{tx})
		o.Detached = full()
		if err != nil && (store.Unavailable(err) || store.Collided(err)) {
			// DBOS would record the error as the step's result. It retries if the transaction is gone.
			_ = tx.Rollback(context.WithoutCancel(ctx))
		}
		return o, err
	}, dbos.WithStepName(name))
	if err == nil {
		e.noticed(ctx, outcome)
	}
	return outcome, err
}

// directly runs a function of the ledger in a transaction of its own, again and again while the database is away.
func (e *Engine) directly(ctx context.Context, fn func(context.Context, ledger.Tx) error) error {
	return e.persist(ctx, func() error {
		return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error { return fn(ctx, ledger.Pgx(tx)) })
	})
}

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
