package durable

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/trigger"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

const (
	tickInterval = time.Second // how late a tick may be found
	ticksAtOnce  = 8
	tickTimeout  = 30 * time.Second
)

// ticking makes the ticks of schedules that are due, together with all other processes. All times are the database's.
func (e *Engine) ticking(ctx context.Context) {
	every(ctx, tickInterval, func() {
		for made := ticksAtOnce; made == ticksAtOnce && ctx.Err() == nil && !e.draining.Load(); {
			claimed, err := e.tables.ClaimSchedules(ctx, ticksAtOnce)
			if err != nil && ctx.Err() == nil {
				e.log.WarnContext(ctx, "cannot look which schedules are due", "error", err)
			}
			made = len(claimed)
			var all sync.WaitGroup
			for _, c := range claimed {
				all.Go(func() { e.tickOf(ctx, c) })
			}
			all.Wait()
		}
	})
}

func (e *Engine) tickOf(ctx context.Context, c store.Claimed) {
	ctx, cancel := context.WithTimeout(ctx, tickTimeout)
	defer cancel()
	err := e.fire(ctx, c.Workspace, c.Schedule, id.New(id.Run), trigger.Tick{Schedule: c.Schedule})
	if err != nil && ctx.Err() == nil && !errors.Is(err, ledger.ErrNotFound) { // that one was deleted meanwhile
		e.log.WarnContext(ctx, "a schedule's tick could not be made; it will be tried again", "schedule", c.Schedule, "error", err)
	}
}

// fire makes one tick. The version is chosen before: a transaction must not wait for a document.
func (e *Engine) fire(ctx context.Context, workspace, schedule, run string, t trigger.Tick) error {
	found, err := e.tables.Schedule(ctx, workspace, schedule)
	if err != nil {
		return err
	}
	t.Revision = found.Revision
	version, plan, err := e.startable(ctx, workspace, found.WorkflowID, int(found.Version))
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		t.Refused = err.Error()
		return e.directly(ctx, func(ctx context.Context, tx *ledger.Tx) error { // nothing follows from it that a crash could lose
			_, err := trigger.Fire(ctx, tx, plan, workspace, run, t)
			return err
		})
	case err != nil:
		return err
	}
	_, err = e.do(ctx, command{Do: doTick, Workspace: workspace, Run: run, Version: version, Tick: &t, By: ledger.Actor{Subject: schedule, Kind: trigger.KindSchedule}})
	return err
}

// startable is the version that a new run is of; 0 chooses the newest.
func (e *Engine) startable(ctx context.Context, workspace, workflow string, number int) (ledger.Version, ledger.Plan, error) {
	newest, err := e.tables.Workflows().PublishedVersion(ctx, workspace, workflow) // also refuses deleted workflows
	if err != nil {
		return ledger.Version{}, ledger.Plan{}, err
	}
	if number == 0 {
		number = newest
	}
	version := ledger.Version{Workflow: workflow, Number: number}
	plan, err := e.plan(ctx, workspace, version)
	return version, plan, err
}

// CheckTrigger refuses a trigger that could not start a run now. The error is *ledger.Invalid, or says what is missing.
func (e *Engine) CheckTrigger(ctx context.Context, caller identity.Caller, workflow string, version int, inputs func(ledger.Plan) (json.RawMessage, error)) error {
	_, plan, err := e.startable(ctx, caller.Workspace, workflow, version)
	if err != nil {
		return err
	}
	_, err = inputs(plan)
	return err
}

// Trigger makes a tick of a schedule now, and says which. The run's id again gives the same tick, if that started the run.
func (e *Engine) Trigger(ctx context.Context, caller identity.Caller, schedule, run string) (store.Tick, error) {
	if run == "" {
		run = id.New(id.Run)
	}
	if err := validRun(run); err != nil {
		return store.Tick{}, err
	}
	if made, err := e.tables.TickOfRun(ctx, caller.Workspace, schedule, run); err == nil {
		return made, nil
	}
	due, err := e.tables.Now(ctx)
	if err != nil {
		return store.Tick{}, err
	}
	by := ledger.Actor{Subject: caller.Subject, Kind: caller.Kind}
	if err := e.fire(ctx, caller.Workspace, schedule, run, trigger.Tick{Schedule: schedule, Asked: &by, Due: due}); err != nil {
		return store.Tick{}, err
	}
	return e.tables.Tick(ctx, caller.Workspace, schedule, due)
}
