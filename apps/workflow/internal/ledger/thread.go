package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ThreadPolicy says what becomes of a new run while another of its thread has not ended.
type ThreadPolicy string

// The policies. None stands for PolicyReject.
const (
	PolicyReject    ThreadPolicy = "reject"    // it is refused
	PolicyEnqueue   ThreadPolicy = "enqueue"   // it stays queued until those before it have ended
	PolicyInterrupt ThreadPolicy = "interrupt" // those are canceled
)

// maxQueued bounds the runs of a thread that wait for each other.
const maxQueued = 100

// admission is how a run begins in its thread. Whoever begins or ends a run of a thread holds the thread's row, and locks the run's own
// before it, if there is one.
type admission struct {
	queued bool   // others of the thread have not ended
	cut    []Task // that end those, for its sake
}

// admit decides how a new run begins. One that is there already is existing's to answer for.
func admit(ctx context.Context, tx *Tx, n New) (admission, error) {
	if n.memberOf() == "" {
		return admission{}, nil
	}
	if err := holdThread(ctx, tx, n.Thread); err != nil {
		return admission{}, err
	}
	others, known, err := unended(ctx, tx, n.Thread, n.ID)
	if err != nil || known || len(others) == 0 {
		return admission{}, err
	}
	return behind(n, others)
}

// behind is how a run begins while others of its thread have not ended.
func behind(n New, others []Task) (admission, error) {
	switch n.Policy {
	case PolicyInterrupt:
		for i := range others {
			others[i].Kind = Interrupt
		}
		return admission{queued: true, cut: others}, nil
	case PolicyEnqueue:
		if len(others) >= maxQueued {
			return admission{}, fmt.Errorf("thread %s has %d runs that have not ended, the most there may be; wait, or cancel some: %w", n.Thread, len(others), ErrConflict)
		}
		return admission{queued: true}, nil
	case PolicyReject:
	}
	return admission{}, fmt.Errorf("thread %s is busy with run %s; wait for its end, or start with the policy enqueue or interrupt: %w", n.Thread, others[0].Run, ErrConflict)
}

// holdThread locks a thread until the transaction's end.
func holdThread(ctx context.Context, tx *Tx, thread string) error {
	err := tx.QueryRow(ctx, `SELECT id FROM threads WHERE id = $1 FOR UPDATE`, thread).Scan(&thread)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("thread %s: %w", thread, ErrNotFound)
	}
	return err
}

// unended gives a task for each run of the thread that has not ended, the one under way first. Known: the run itself is there already.
func unended(ctx context.Context, tx *Tx, thread, run string) (others []Task, known bool, err error) {
	err = each(ctx, tx, func(rows pgx.Rows) error {
		var t Task
		if err := rows.Scan(&t.Run, &t.Workspace, &t.Generation, &t.Workflow, &t.Version, &t.Serial); err != nil {
			return err
		}
		if t.Run == run {
			known = true
		} else {
			others = append(others, t)
		}
		return nil
	}, `SELECT id, workspace_id, generation, workflow_id, version, CASE WHEN status = 'queued' THEN last_seq ELSE 0 END FROM runs
WHERE thread_id = $1 AND ended_at IS NULL OR id = $2 ORDER BY status = 'queued', created_at, id`, thread, run)
	return others, known, err
}

// handOver lets the next run of the thread begin, when one has ended. Its task has the same name whoever makes it.
func (c *change) handOver() error {
	if c.run.thread == "" || c.before.Ended() {
		return nil
	}
	err := holdThread(c.ctx, c.tx, c.run.thread)
	if errors.Is(err, ErrNotFound) {
		return nil // deleted before its last run ended, by an engine that knew no threads
	}
	if err != nil {
		return err
	}
	others, _, err := unended(c.ctx, c.tx, c.run.thread, c.run.id)
	if err != nil || len(others) == 0 || others[0].Serial == 0 {
		return err
	}
	next := others[0]
	next.Kind = Continue
	c.next = append(c.next, next)
	return nil
}

// reenter lets a run that is retried be of its thread again, if no other is under way or waits to be.
func (c *change) reenter() error {
	if c.run.thread == "" {
		return nil
	}
	if err := holdThread(c.ctx, c.tx, c.run.thread); err != nil {
		return err
	}
	others, _, err := unended(c.ctx, c.tx, c.run.thread, c.run.id)
	if err == nil && len(others) > 0 {
		return fmt.Errorf("thread %s is busy with run %s; wait for its end: %w", c.run.thread, others[0].Run, ErrConflict)
	}
	if err == nil { // it may have been canceled before it began
		_, err = c.tx.Exec(c.ctx, `UPDATE runs SET started_at = coalesce(started_at, $2) WHERE id = $1`, c.run.id, c.run.now)
	}
	return err
}

// launch begins a run that was queued.
func (c *change) launch() error {
	s, err := c.scope("")
	if err != nil || s == nil {
		return err
	}
	s.variables.Run.StartedAt = c.run.now.UTC().Format(time.RFC3339Nano)
	if _, err := c.tx.Exec(c.ctx, `WITH run AS (UPDATE runs SET started_at = $2 WHERE id = $1)
UPDATE scopes SET variables = $3::text::json WHERE run_id = $1 AND path = ''`, c.run.id, c.run.now, encode(s.variables)); err != nil {
		return err
	}
	c.run.status, c.before, c.run.startedAt = Running, Running, c.run.now
	c.log("run.started", "", struct{}{})
	c.deadline(c.plan.Graphs[c.plan.Root])
	return nil
}

// interrupted ends a run for the sake of a newer one of its thread.
func (c *change) interrupted() (Outcome, error) {
	if err := c.end(Canceled, "run.canceled", map[string]any{"reason": "a newer run of its thread interrupted it"}); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}
