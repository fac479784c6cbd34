package durable

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/dbos-inc/dbos-transact-golang/dbos"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// handOnAtOnce bounds how many tasks one transaction's end starts at the same time.
const handOnAtOnce = 8

// task is the DBOS workflow that carries a task out, and after it the first of those that follow.
func (e *Engine) task(ctx dbos.Context, t ledger.Task) (_ string, err error) {
	defer e.flying(ctx)()
	current := t
	defer func() {
		if panicked := recover(); panicked != nil {
			err = e.panicked(ctx, "task "+current.ID(), panicked)
		}
		if err != nil {
			err = e.lost(ctx, current, err)
		}
	}()
	if e.draining.Load() {
		return "", e.park(ctx)
	}
	j, err := e.journal(ctx, t.Claim != nil)
	if err != nil {
		return "", err
	}
	return "", e.follow(ctx, j, &current)
}

// flying counts a workflow as one that is in flight here.
func (e *Engine) flying(ctx dbos.Context) (landed func()) {
	own, _ := dbos.GetWorkflowID(ctx)
	e.own.Store(own, struct{}{})
	e.active.Add(1)
	ended := e.measure.TaskBegun(ctx, 0)
	return func() {
		ended()
		e.active.Add(-1)
		e.own.Delete(own)
	}
}

// follow carries out task after task, as long as the one before leads to one that can be done at once.
func (e *Engine) follow(ctx dbos.Context, j *journal, current *ledger.Task) error {
	for {
		outcome, err := e.carry(ctx, j, *current)
		if err != nil {
			return err
		}
		next, goesOn, err := e.handOn(ctx, outcome, current.Trace)
		if err != nil || !goesOn {
			return err
		}
		*current = next
	}
}

func (e *Engine) carry(ctx dbos.Context, j *journal, t ledger.Task) (ledger.Outcome, error) {
	plan, err := e.plan(ctx, t.Workspace, ledger.Version{Workflow: t.Workflow, Number: t.Version})
	if err != nil {
		return ledger.Outcome{}, err
	}
	if t.Kind == ledger.Perform {
		return e.perform(ctx, j, plan, t)
	}
	return e.change(ctx, j, "carry", e.draining.Load, func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Carry(ctx, tx, plan, t)
	})
}

// handOn starts what follows, and gives the first task that can be done at once to the caller. What it decides must follow from the outcome
// alone: a replay has to take the same way, or a call would be made twice. All go on with the trace.
func (e *Engine) handOn(ctx context.Context, o ledger.Outcome, trace string) (first ledger.Task, goesOn bool, err error) {
	for i := range o.Next {
		o.Next[i].Trace = trace
	}
	rest := o.Next
	if !o.Detached {
		for i, t := range o.Next {
			if t.After == 0 {
				first, goesOn = t, true
				rest = append(append([]ledger.Task{}, o.Next[:i]...), o.Next[i+1:]...)
				break
			}
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(rest))
	slots := make(chan struct{}, handOnAtOnce)
	for i, t := range rest {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = e.begin(ctx, t)
		})
	}
	wg.Wait()
	return first, goesOn, errors.Join(errs...)
}

// begin starts a task here if there is room, else it leaves it to the queue. A task that comes from a replay goes to
// the queue always: another process may have it, and starting it here would take it away from that.
func (e *Engine) begin(ctx context.Context, t ledger.Task) error {
	return e.persist(ctx, func() error {
		if t.After == 0 && t.Claim != nil && e.room() {
			_, err := dbos.RunWorkflow(e.root, e.task, t, dbos.WithWorkflowID(t.ID()))
			return err
		}
		options := []dbos.EnqueueOption{dbos.WithEnqueueWorkflowID(t.ID())}
		if t.After > 0 {
			options = append(options, dbos.WithEnqueueDelay(t.After))
		}
		_, err := dbos.Enqueue[string](e.root, queueName, taskName, t, options...)
		return err
	})
}

// room says whether another task may begin here.
func (e *Engine) room() bool { return !e.draining.Load() && int(e.active.Load()) <= e.concurrency }

// park hands a workflow to the other processes before its end, and waits for this one's.
func (e *Engine) park(ctx context.Context) error {
	id, err := workflowID(ctx)
	if err != nil {
		return err
	}
	e.active.Add(-1)
	defer e.active.Add(1)
	e.own.Delete(id)
	select { // this process must not take it from the queue again itself
	case <-e.quiet:
	case <-ctx.Done():
	}
	err = e.persist(ctx, func() error { return e.giveBack(ctx, []string{id}) })
	<-ctx.Done()
	return errors.Join(errDraining, err)
}

func workflowID(ctx context.Context) (string, error) {
	own, ok := ctx.(dbos.Context)
	if !ok {
		return "", fmt.Errorf("%T is not the context of a workflow", ctx)
	}
	return dbos.GetWorkflowID(own)
}

// lost decides what an error means that ended a task. That another process has the task, or that this one leaves,
// is no fault: DBOS keeps the task for whom it belongs to. Any other would leave the run hanging, so it ends the run.
func (e *Engine) lost(ctx dbos.Context, t ledger.Task, err error) error {
	if ctx.Err() != nil || errors.Is(err, dbos.ErrConflictingWorkflowID) || errors.Is(err, dbos.ErrWorkflowCancelled) || errors.Is(err, dbos.ErrNonExistentWorkflow) {
		return err
	}
	e.log.ErrorContext(ctx, "a run cannot go on", "run_id", t.Run, "step", t.Path, "task", t.ID(), "error", err)
	var outcome ledger.Outcome
	broken := e.directly(ctx, func(ctx context.Context, tx *ledger.Tx) (err error) {
		outcome, err = ledger.Break(ctx, tx, t, "the engine met a fault of its own, which its log tells; retry the run later")
		return err
	})
	if broken == nil {
		e.noticed(ctx, outcome)
	}
	return errors.Join(err, broken)
}

// panicked makes a panic an error: one task ends, the process and its other tasks go on.
func (e *Engine) panicked(ctx context.Context, where string, panicked any) error {
	e.log.ErrorContext(ctx, "panic", "where", where, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	return node.Fail(node.CodeInternal, "a fault of the engine in %s", where)
}
