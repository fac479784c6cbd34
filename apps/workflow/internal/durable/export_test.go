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
