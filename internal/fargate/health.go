package fargate

import (
	"context"
	"time"

	"github.com/agentteam/agentteam/internal/sandbox"
)

// startInterval is between two checks of a task that was never healthy. ECS waits a whole interval, for which nobody
// who sits before this machine would thank us.
const startInterval = time.Second

// checkHealth runs the health check again and again, and makes the task known when it is healthy for the first time.
func (t *task) checkHealth(ctx context.Context, process *sandbox.Process) {
	check := t.definition.Container.HealthCheck
	if check == nil {
		t.healthy(ctx)
		return
	}
	for {
		interval := check.Interval
		if !t.isKnown() {
			interval = startInterval
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
		probe, cancel := context.WithTimeout(ctx, check.Timeout)
		_, err := process.Exec(probe, check.Command...)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			t.healthy(ctx)
		default:
			t.unhealthy(check, err)
		}
	}
}

func (t *task) healthy(ctx context.Context) {
	if !t.isKnown() {
		if err := t.agent.network.Register(ctx, t.service, t.address); err != nil {
			t.set(func() { t.reason = err.Error() }) // the next check tries again
			return
		}
	}
	t.mu.Lock()
	before := t.health
	t.health, t.known, t.failures, t.reason = Healthy, true, 0, ""
	t.mu.Unlock()
	if before != Healthy {
		t.agent.changed()
	}
}

// unhealthy counts failures in a row; those before the end of the start period count for nothing unless it was healthy.
func (t *task) unhealthy(check *HealthCheck, err error) {
	t.set(func() {
		if t.health != Healthy && time.Since(t.started) < check.StartPeriod {
			return
		}
		t.failures++
		if t.failures >= check.Retries {
			t.health, t.reason = Unhealthy, "its health check failed: "+err.Error()
		}
	})
}
