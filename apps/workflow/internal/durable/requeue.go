package durable

import "context"

// requeueSQL does what DBOS's ResumeWorkflows does, if whose still holds at that moment. DBOS asks for ids alone: a process that was stopped
// after it had looked whose a task is would take it from one that has gone on with it since, and its calls would be made again.
// A row that is locked is left for the next look.
const requeueSQL = `UPDATE dbos.workflow_status SET status = 'ENQUEUED', queue_name = $1, recovery_attempts = 0, started_at_epoch_ms = NULL,
  updated_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
WHERE workflow_uuid IN (SELECT w.workflow_uuid FROM dbos.workflow_status w WHERE w.status = 'PENDING' AND w.application_version = $2 AND `

const (
	adoptSQL    = requeueSQL + `NOT EXISTS (SELECT FROM executors e WHERE e.id = w.executor_id) FOR UPDATE SKIP LOCKED)`
	giveBackSQL = requeueSQL + `w.executor_id = $3 AND w.workflow_uuid = ANY($4) FOR UPDATE SKIP LOCKED)`
)

// adopt puts the tasks on the queue that belong to no living process.
func (e *Engine) adopt(ctx context.Context) error {
	return e.requeue(ctx, adoptSQL, queueName, protocolVersion)
}

// giveBack puts tasks of this process on the queue, so that whichever has room goes on with them.
func (e *Engine) giveBack(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return e.requeue(ctx, giveBackSQL, queueName, protocolVersion, e.executor, ids)
}

func (e *Engine) requeue(ctx context.Context, sql string, arguments ...any) error {
	tag, err := e.pulse.Exec(ctx, sql, arguments...)
	if n := tag.RowsAffected(); n > 0 {
		e.log.InfoContext(ctx, "tasks go back to the queue", "tasks", n)
	}
	return err
}
