package durable

import (
	"context"
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
