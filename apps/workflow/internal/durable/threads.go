package durable

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/internal/database"
)

// turnInterval is how long a queued run may wait in vain: for one whose end was no DBOS transaction, or whose process died then.
const turnInterval = 5 * time.Second

// turnsSQL finds the queued runs that are the first of their threads. None can overtake them, so no lock is needed.
const turnsSQL = `SELECT q.workspace_id, q.id, q.generation, q.workflow_id, q.version, q.last_seq FROM runs q
WHERE q.status = 'queued' AND q.ended_at IS NULL AND q.thread_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM runs o WHERE o.thread_id = q.thread_id AND o.ended_at IS NULL AND o.id <> q.id AND (o.status <> 'queued' OR (o.created_at, o.id) < (q.created_at, q.id))
) LIMIT 100`

// turns begins queued runs whose turn has come and whom nobody has begun.
func (e *Engine) turns(ctx context.Context) {
	every(ctx, turnInterval, func() {
		if err := e.takeTurns(ctx); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot look for runs that wait for their thread", "error", err)
		}
	})
}

func (e *Engine) takeTurns(ctx context.Context) error {
	var tasks []ledger.Task
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('role', $1, true), set_config('agentteam.counting', 'on', true)`, database.AppRole); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, turnsSQL)
		if err != nil {
			return err
		}
		tasks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ledger.Task, error) {
			t := ledger.Task{Kind: ledger.Continue}
			return t, row.Scan(&t.Workspace, &t.Run, &t.Generation, &t.Workflow, &t.Version, &t.Serial)
		})
		return err
	})
	for _, t := range tasks {
		if err == nil {
			err = e.begin(ctx, t)
		}
	}
	return err
}
