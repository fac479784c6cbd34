package durable

import (
	"context"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5"
)

// How processes notice that one of them is gone. All times are the database's.
const (
	beatInterval   = time.Second
	staleAfter     = 3 * time.Second
	orphanInterval = 3 * time.Second
	// A process that could not beat itself, because the database was away, does not judge the others yet.
	beatsToJudge = 3
	recoverLock  = 0x61677431 // advisory locks of the whole database: one process at a time
	janitorLock  = 0x61677432
)

// beat tells the others that this process is alive. If they have given it up, it joins them again: its tasks are
// others' now, and DBOS and the ledger refuse what it would still record of them.
func (e *Engine) beat(ctx context.Context) error {
	var joined bool
	err := e.pool.QueryRow(ctx, `INSERT INTO executors (id, version) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = now() RETURNING xmax = 0`,
		e.executor, protocolVersion).Scan(&joined)
	if err == nil && joined && e.joined.Swap(true) {
		e.log.WarnContext(ctx, "the other processes had given this one up: it was paused, or could not reach the database")
	}
	return err
}

// beating tells the others all the time.
func (e *Engine) beating(ctx context.Context) {
	every(ctx, beatInterval, func() {
		timed, cancel := context.WithTimeout(ctx, 2*beatInterval)
		defer cancel()
		if err := e.beat(timed); err != nil {
			e.beats.Store(0)
			if ctx.Err() == nil {
				e.log.WarnContext(ctx, "cannot tell the other processes that this one is alive", "error", err)
			}
			return
		}
		e.beats.Add(1)
	})
}

// judging takes over the tasks of processes that are silent.
func (e *Engine) judging(ctx context.Context) {
	var looked time.Time
	suspects := map[string]bool{}
	every(ctx, beatInterval, func() {
		if e.draining.Load() { // a task may have come from the queue at the last moment
			suspects, _ = e.reclaim(ctx, suspects)
			return
		}
		if e.beats.Load() < beatsToJudge {
			return
		}
		gone, err := e.bury(ctx)
		if err == nil && (gone > 0 || time.Since(looked) > orphanInterval) {
			looked = time.Now()
			if err = e.adopt(ctx); err == nil {
				suspects, err = e.reclaim(ctx, suspects)
			}
		}
		if err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot look after the tasks of other processes", "error", err)
		}
	})
}

// reclaim finds tasks that are said to be in flight here, twice in a row, and are not. It gives those that it suspects now.
func (e *Engine) reclaim(ctx context.Context, suspected map[string]bool) (map[string]bool, error) {
	pending, err := e.mine()
	if err != nil {
		return nil, err
	}
	suspects := map[string]bool{}
	var stray []string
	for _, id := range pending {
		if _, flies := e.own.Load(id); flies {
			continue
		}
		suspects[id] = true
		if suspected[id] {
			stray = append(stray, id)
		}
	}
	return suspects, e.requeue(ctx, stray)
}

// mine are the tasks that DBOS says are in flight here.
func (e *Engine) mine() ([]string, error) {
	pending, err := dbos.ListWorkflows(e.root, dbos.WithFilterStatus(dbos.WorkflowStatusPending), dbos.WithFilterExecutorIDs(e.executor),
		dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
	return workflowIDs(pending), err
}

// leave gives the tasks that are still here back, and tells the others that this process is gone.
func (e *Engine) leave(ctx context.Context) error {
	ids, err := e.mine()
	if err == nil {
		err = e.requeue(ctx, ids)
	}
	if err != nil {
		return err // the others will see that this process is silent
	}
	_, err = e.pool.Exec(ctx, `DELETE FROM executors WHERE id = $1`, e.executor)
	return err
}

// bury removes the processes that have been silent for too long.
func (e *Engine) bury(ctx context.Context) (int64, error) {
	tag, err := e.pool.Exec(ctx, `DELETE FROM executors WHERE id IN (SELECT id FROM executors WHERE seen_at < now() - make_interval(secs => $1) FOR UPDATE SKIP LOCKED)`, staleAfter.Seconds())
	if tag.RowsAffected() > 0 {
		e.log.WarnContext(ctx, "processes have gone silent; their tasks are taken over", "processes", tag.RowsAffected())
	}
	return tag.RowsAffected(), err
}

// adopt puts the tasks on the queue that belong to no living process.
func (e *Engine) adopt(ctx context.Context) error {
	return e.alone(ctx, recoverLock, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM executors`)
		if err != nil {
			return err
		}
		living := map[string]bool{}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, id := range ids {
			living[id] = true
		}
		pending, err := dbos.ListWorkflows(e.root, dbos.WithFilterStatus(dbos.WorkflowStatusPending), dbos.WithFilterAppVersion(protocolVersion),
			dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
		if err != nil {
			return err
		}
		var orphans []string
		for _, w := range pending {
			if !living[w.ExecutorID] {
				orphans = append(orphans, w.ID)
			}
		}
		return e.requeue(ctx, orphans)
	})
}

// requeue lets whichever process has room go on with the workflows.
func (e *Engine) requeue(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	e.log.InfoContext(ctx, "tasks go back to the queue", "tasks", len(ids))
	_, err := dbos.ResumeWorkflows[string](e.root, ids, dbos.WithResumeQueue(queueName))
	return err
}

// alone runs a function if no other process does at the moment.
func (e *Engine) alone(ctx context.Context, key int64, run func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, key).Scan(&mine); err != nil || !mine {
			return err
		}
		return run(tx)
	})
}

// How long DBOS's rows of finished tasks are kept, for looking into what happened.
const (
	finishedFor     = 24 * time.Hour
	janitorInterval = 10 * time.Minute
	janitorBatch    = 1000
)

// janitor removes DBOS's rows of tasks that finished long ago.
func (e *Engine) janitor(ctx context.Context) {
	every(ctx, janitorInterval, func() {
		if err := e.sweep(ctx, time.Now().Add(-finishedFor)); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot remove the rows of finished tasks", "error", err)
		}
	})
}

// sweep removes batch after batch. The lock is taken for each: PostgreSQL ends a transaction that waits for longer than a batch takes.
func (e *Engine) sweep(ctx context.Context, before time.Time) error {
	for swept := janitorBatch; swept == janitorBatch && ctx.Err() == nil; {
		swept = 0
		err := e.alone(ctx, janitorLock, func(pgx.Tx) (err error) {
			swept, err = e.sweepBatch(before)
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

func workflowIDs(workflows []dbos.WorkflowStatus) []string {
	ids := make([]string, len(workflows))
	for i, w := range workflows {
		ids[i] = w.ID
	}
	return ids
}
