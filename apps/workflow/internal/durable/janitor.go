package durable

import (
	"context"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// How long DBOS's rows of finished tasks are kept, for looking into what happened.
const (
	finishedFor     = 24 * time.Hour
	janitorInterval = 10 * time.Minute
	janitorBatch    = 1000
	janitorLock     = 0x61677432 // an advisory lock of the whole database: one process at a time
)

// janitor removes DBOS's rows of tasks that finished long ago, and what has expired.
func (e *Engine) janitor(ctx context.Context) {
	every(ctx, janitorInterval, func() {
		if err := e.sweep(ctx, time.Now().Add(-finishedFor)); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot remove the rows of finished tasks", "error", err)
		}
		if err := e.forget(ctx); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot remove what has expired from the memory", "error", err)
		}
	})
}

// sweep removes batch after batch. The lock is taken for each: PostgreSQL ends a transaction that waits for longer than a batch takes.
func (e *Engine) sweep(ctx context.Context, before time.Time) error {
	for swept := janitorBatch; swept == janitorBatch && ctx.Err() == nil; {
		swept = 0
		err := e.alone(ctx, func(pgx.Tx) (err error) {
			swept, err = e.sweepBatch(before)
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// forget removes what has expired from all workspaces' memory, batch after batch.
func (e *Engine) forget(ctx context.Context) error {
	for forgotten := int64(janitorBatch); forgotten == janitorBatch && ctx.Err() == nil; {
		forgotten = 0
		err := e.alone(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT set_config('role', $1, true), set_config('agentteam.cleanup', 'on', true)`, database.AppRole); err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, `DELETE FROM memory_entries WHERE (workspace_id, namespace, key) IN (
				SELECT workspace_id, namespace, key FROM memory_entries WHERE expires_at < now() LIMIT $1)`, janitorBatch)
			forgotten = tag.RowsAffected()
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (e *Engine) sweepBatch(before time.Time) (swept int, err error) {
	finished, err := dbos.ListWorkflows(e.root, dbos.WithFilterStatus(dbos.WorkflowStatusSuccess, dbos.WorkflowStatusError, dbos.WorkflowStatusCancelled, dbos.WorkflowStatusMaxRecoveryAttemptsExceeded),
		dbos.WithFilterCompletedBefore(before), dbos.WithFilterLimit(janitorBatch), dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
	if err != nil || len(finished) == 0 {
		return 0, err
	}
	return len(finished), dbos.DeleteWorkflows(e.root, workflowIDs(finished))
}

// alone runs a function if no other process does at the moment.
func (e *Engine) alone(ctx context.Context, run func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, janitorLock).Scan(&mine); err != nil || !mine {
			return err
		}
		return run(tx)
	})
}

func workflowIDs(workflows []dbos.WorkflowStatus) []string {
	ids := make([]string, len(workflows))
	for i, w := range workflows {
		ids[i] = w.ID
	}
	return ids
}
