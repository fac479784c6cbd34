package durable

import (
	"context"
	"io"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
)

// Freeze lets the process fall silent, as one that was killed or stopped: it tells nobody that it is alive and takes no more tasks. What
// it has in flight stays where it is.
func (e *Engine) Freeze() {
	e.stop()
	e.loops.Wait()
	dbos.ListenQueues(e.root, noQueue)
}

// Sweep removes what finished before a time.
func Sweep(ctx context.Context, e *Engine, before time.Time) error { return e.sweep(ctx, before) }

// Forget removes what has expired.
func Forget(ctx context.Context, e *Engine) error { return e.forget(ctx) }

// Occupy takes every connection that tasks use, as it becomes free, until the context ends.
func Occupy(ctx context.Context, e *Engine) {
	for range e.pool.Config().MaxConns {
		go func() {
			if one, err := e.pool.Acquire(ctx); err == nil {
				<-ctx.Done()
				one.Release()
			}
		}()
	}
}

// GiveBack is what a process does with tasks that it took for its own.
func GiveBack(ctx context.Context, e *Engine, ids ...string) error { return e.giveBack(ctx, ids) }

// Adopt is what a process does about the tasks of others that are gone.
func Adopt(ctx context.Context, e *Engine) error { return e.adopt(ctx) }

// Report publishes the work there is as if no line had been written yet.
func Report(ctx context.Context, e *Engine) error {
	_, err := e.reportWork(ctx, nil)
	return err
}

// Steps are the names of what a workflow has recorded, as DBOS reads it.
func Steps(e *Engine, workflow string) (names []string, err error) {
	steps, err := dbos.GetWorkflowSteps(e.root, workflow)
	for _, s := range steps {
		names = append(names, s.StepName)
	}
	return names, err
}

// Record records a value as a workflow's first step, in a process that does not hear of its first commit if it is deaf.
func Record(ctx context.Context, e *Engine, workflow string, value int, deaf bool) (tries int, recorded int, err error) {
	at := (&journal{engine: e, workflow: workflow}).next("step")
	err = at.once(ctx, &recorded, func() error {
		tries++
		recorded = value * tries
		row, err := at.row(recorded)
		if err != nil {
			return err
		}
		if _, err := e.pool.Exec(ctx, recordSQL, row...); err != nil || !deaf {
			return err
		}
		return io.ErrUnexpectedEOF
	})
	return tries, recorded, err
}
