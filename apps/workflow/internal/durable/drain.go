package durable

import (
	"context"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"

	"github.com/agentteam/agentteam/contract"
)

const (
	// drainLimit is how long calls may go on that cost something to be made again. ECS kills the process ten seconds later.
	drainLimit = (contract.StopTimeoutSeconds - 10) * time.Second
	drainLook  = 50 * time.Millisecond
	noQueue    = "none" // listening to a queue that is not there is listening to none
)

// Run works until the context ends, then takes no more tasks and returns when those in flight have been
// handed to the other processes. Commands are still carried out until Close.
func (e *Engine) Run(ctx context.Context) {
	<-ctx.Done()
	e.draining.Store(true)
	dbos.ListenQueues(e.root, noQueue)
	e.log.InfoContext(ctx, "the engine takes no more tasks", "in_flight", e.active.Load())
	deadline := time.Now().Add(drainLimit)
	for all := false; e.active.Load() > 0; {
		all = all || time.Now().After(deadline)
		e.flights.leave(all)
		if all && time.Now().After(deadline.Add(shutdownTimeout)) {
			break
		}
		time.Sleep(drainLook)
	}
}

// Close leaves the other processes: what is still here goes back to the queue, at once.
func (e *Engine) Close(ctx context.Context) error {
	e.draining.Store(true)
	dbos.ListenQueues(e.root, noQueue)
	e.flights.leave(true)
	e.stop()
	e.loops.Wait()
	left := e.leave(ctx)
	if err := dbos.Shutdown(e.root, shutdownTimeout); err != nil {
		e.log.WarnContext(ctx, "DBOS did not stop in time", "error", err)
	}
	return left
}
