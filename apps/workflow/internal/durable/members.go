package durable

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// How processes notice that one of them is gone. All times are the database's.
const (
	staleAfter   = 3 * time.Second
	judgeTimeout = 5 * time.Second
	// A process that could not beat itself, because the database was away, does not judge the others yet: they may need a beat's timeout and
	// the pause after it to come back.
	beatsToJudge = 5
	// strayAfter is far longer than a task that DBOS took from the queue needs to begin, and one that ended needs to be recorded as ended.
	strayAfter = 5 * time.Second
)

// judging takes over the tasks of processes that are silent.
func (e *Engine) judging(ctx context.Context) {
	suspects := map[string]time.Time{}
	every(ctx, beatInterval, func() {
		timed, cancel := context.WithTimeout(ctx, judgeTimeout)
		defer cancel()
		if err := e.judge(timed); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot look after the tasks of other processes", "error", err)
		}
		var err error
		if suspects, err = e.reclaim(timed, suspects); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot look after the tasks of this process", "error", err)
		}
	})
}

func (e *Engine) judge(ctx context.Context) error {
	if e.draining.Load() || e.beats.Load() < beatsToJudge {
		return nil
	}
	if err := e.bury(ctx); err != nil {
		return err
	}
	return e.adopt(ctx)
}

// bury removes the processes that have been silent for too long.
func (e *Engine) bury(ctx context.Context) error {
	tag, err := e.pulse.Exec(ctx, `DELETE FROM executors WHERE id IN (SELECT id FROM executors WHERE seen_at < now() - make_interval(secs => $1) FOR UPDATE SKIP LOCKED)`, staleAfter.Seconds())
	if tag.RowsAffected() > 0 {
		e.log.WarnContext(ctx, "processes have gone silent; their tasks are taken over", "processes", tag.RowsAffected())
	}
	return err
}

// reclaim gives back the tasks that are said to be in flight here and for long have not been. Since tells when each that is not was noticed first.
func (e *Engine) reclaim(ctx context.Context, since map[string]time.Time) (map[string]time.Time, error) {
	pending, err := e.mine(ctx)
	if err != nil {
		return since, err
	}
	suspects := map[string]time.Time{}
	var stray []string
	for _, id := range pending {
		if _, flies := e.own.Load(id); flies {
			continue
		}
		suspects[id] = time.Now()
		if noticed, known := since[id]; known {
			suspects[id] = noticed
		}
		if time.Since(suspects[id]) > strayAfter {
			stray = append(stray, id)
		}
	}
	return suspects, e.giveBack(ctx, stray)
}

// mine are the tasks that DBOS says are in flight here.
func (e *Engine) mine(ctx context.Context) ([]string, error) {
	rows, err := e.pulse.Query(ctx, `SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = $1`, e.executor)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// leave gives the tasks that are still here back, and tells the others that this process is gone.
func (e *Engine) leave(ctx context.Context) error {
	ids, err := e.mine(ctx)
	if err == nil {
		err = e.giveBack(ctx, ids)
	}
	if err != nil {
		return err // the others will see that this process is silent
	}
	_, err = e.pulse.Exec(ctx, `DELETE FROM executors WHERE id = $1`, e.executor)
	return err
}
