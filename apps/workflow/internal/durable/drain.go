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
	// quietAfter is how long DBOS may take to hear that: it looks once a second which queues there are.
	quietAfter = time.Second + 2*pollInterval
)

// Run works until the context ends, then takes no more tasks and returns when those in flight have been
// handed to the other processes. Commands are still carried out until Close.
func (e *Engine) Run(ctx context.Context) {
	<-ctx.Done()
	e.drain()
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

// drain takes no more tasks.
func (e *Engine) drain() {
	if e.draining.Swap(true) {
		return
	}
	dbos.ListenQueues(e.root, noQueue)
	time.AfterFunc(quietAfter, func() { close(e.quiet) })
}

// Close leaves the other processes: what is still here goes back to the queue, at once. A second Close does nothing.
func (e *Engine) Close(ctx context.Context) error {
	if e.closed.Swap(true) {
		return nil
	}
	e.drain()
	e.flights.leave(true)
	<-e.quiet
	e.stop()
	e.loops.Wait()
	left := e.leave(ctx)
	e.pulse.Close()
	if err := dbos.Shutdown(e.root, shutdownTimeout); err != nil {
		e.log.WarnContext(ctx, "DBOS did not stop in time", "error", err)
	}
	return left
}
