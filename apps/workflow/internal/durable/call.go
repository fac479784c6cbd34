package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// makeAll makes the calls of one move at the same time. Each is a step of the journal.
func (p *performance) makeAll(ctx dbos.Context, calls []node.Call) ([]node.CallResult, error) {
	results, errs := make([]node.CallResult, len(calls)), make([]error, len(calls))
	var wg sync.WaitGroup
	for i, call := range calls {
		at := p.journal.next(fmt.Sprintf("call %d", call.Number))
		wg.Go(func() { results[i], errs[i] = p.makeOnce(ctx, at, call) })
	}
	wg.Wait()
	return results, cmp.Or(errs...)
}

// wakeful is how long a process that was not paused takes at most from a look into the journal to the call.
const wakeful = time.Second

var errMade = errors.New("another process has made the call meanwhile")

// makeOnce makes a call unless it was recorded, and records it. It looks now, and not at what the journal knew when the task began here: a process
// that was paused must not make a call again that another has made since. It looks again if it was paused after the look.
func (p *performance) makeOnce(ctx dbos.Context, at entry, call node.Call) (r node.CallResult, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = p.engine.panicked(ctx, at.name, panicked)
		}
	}()
	look := func() (found bool, err error) {
		err = p.engine.persist(ctx, func() (err error) {
			found, err = at.look(ctx, &r)
			return err
		})
		return found, err
	}
	looked := time.Now()
	if found, err := look(); found || err != nil {
		return r, err
	}
	made, err := p.makeNow(ctx, call, func() error {
		if time.Since(looked) < wakeful {
			return nil
		}
		found, err := look()
		if found {
			return errMade
		}
		return err
	})
	if errors.Is(err, errMade) {
		return r, nil
	}
	if r = made; err != nil {
		return r, err
	}
	row, err := at.row(r)
	if err != nil {
		return r, err
	}
	lasting := context.WithoutCancel(ctx)
	return r, at.once(ctx, &r, func() error {
		_, err := p.engine.pool.Exec(lasting, recordSQL, row...)
		return err
	})
}

// makeNow makes a call, unless it turns out to be made already: then the error is errMade.
func (p *performance) makeNow(ctx dbos.Context, call node.Call, made func() error) (node.CallResult, error) {
	started := time.Now()
	r, err := p.call(ctx, call, made)
	r.Number, r.Started, r.Ended = call.Number, started, time.Now()
	if err == nil {
		p.measure(ctx, call, r)
	}
	return r, err
}

func (p *performance) measure(ctx context.Context, call node.Call, r node.CallResult) {
	c := telemetry.Call{Kind: string(call.Kind), Name: call.Name, Status: string(r.Status), Took: r.Ended.Sub(r.Started),
		InputTokens: r.Usage.InputTokens, OutputTokens: r.Usage.OutputTokens, CostMicroUSD: r.Usage.Cost}
	c.Error = code(r.Failure)
	p.engine.measure.CallEnded(ctx, c)
}

func code(f *node.Failure) string {
	if f == nil {
		return ""
	}
	return f.Code
}

// call makes one call, if the ledger lets it.
func (p *performance) call(ctx context.Context, call node.Call, made func() error) (node.CallResult, error) {
	refusal, err := p.refused(ctx)
	if err != nil || refusal != nil {
		return node.CallResult{Status: node.Failed, Failure: refusal}, err
	}
	if p.claim.Budgeted || call.Kind == node.ToolCall && !call.Idempotent {
		verdict, err := p.reserve(ctx, call)
		if err != nil || verdict != ledger.Go {
			return unmade(verdict), err
		}
	}
	if err := p.reset(ctx, call); err != nil {
		return node.CallResult{}, err
	}
	if err := made(); err != nil {
		return node.CallResult{}, err
	}
	return p.fly(ctx, call)
}

func (p *performance) refused(ctx context.Context) (*node.Failure, error) {
	if p.claim.Over {
		return final(node.CodeInternal, "the step has ended"), nil
	}
	if !p.ends.IsZero() && !time.Now().Before(p.ends) {
		return p.late(), nil
	}
	if p.engine.draining.Load() {
		return nil, p.engine.park(ctx)
	}
	return nil, nil
}

// reset lets readers forget what they saw of a call's earlier try.
func (p *performance) reset(ctx context.Context, call node.Call) error {
	if !p.claim.Resumed || call.Kind != node.ModelCall {
		return nil
	}
	return p.engine.directly(ctx, func(ctx context.Context, tx *ledger.Tx) error { return ledger.Reset(ctx, tx, p.task, call) })
}

// unmade is the result of a call that the ledger does not let be made.
func unmade(verdict ledger.Verdict) node.CallResult {
	if verdict == ledger.Repeated {
		return node.CallResult{Status: node.Unknown}
	}
	return node.CallResult{Status: node.Failed, Failure: final(node.CodeBudgetExhausted, "the run has ended")}
}

func (p *performance) late() *node.Failure {
	return node.Fail(node.CodeTimeout, "the step did not end within its timeout of %s", p.claim.Timeout)
}

func (p *performance) reserve(ctx context.Context, call node.Call) (verdict ledger.Verdict, err error) {
	var outcome ledger.Outcome
	err = p.engine.directly(ctx, func(ctx context.Context, tx *ledger.Tx) (err error) {
		verdict, outcome, err = ledger.Reserve(ctx, tx, p.plan, p.task, call)
		return err
	})
	if verdict == ledger.Refused {
		p.engine.noticed(ctx, outcome)
	}
	return verdict, err
}

// fly makes the call, under a context that ends when its result is not wanted any more.
func (p *performance) fly(ctx context.Context, call node.Call) (node.CallResult, error) {
	callCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !p.ends.IsZero() {
		var stop context.CancelFunc
		callCtx, stop = context.WithDeadlineCause(callCtx, p.ends, context.DeadlineExceeded)
		defer stop()
	}
	if call.Timeout > 0 {
		var stop context.CancelFunc
		callCtx, stop = context.WithTimeout(callCtx, call.Timeout)
		defer stop()
	}
	own := &flight{task: p.task, cheap: cheap(call), cancel: cancel}
	p.engine.flights.add(own)
	defer p.engine.flights.remove(own)
	live := p.engine.emitter(ctx, p.task)
	r := p.ask(callCtx, call, live.emit)
	live.close()
	switch cause := context.Cause(callCtx); {
	case ctx.Err() != nil:
		return r, ctx.Err() // not recorded: the call is made again elsewhere
	case errors.Is(cause, errDraining) && r.Status != node.Succeeded:
		return r, p.engine.park(ctx)
	case errors.Is(cause, context.DeadlineExceeded) && r.Status == node.Failed && !p.ends.IsZero() && !time.Now().Before(p.ends):
		r.Failure = p.late()
	}
	return r, nil
}

func (p *performance) ask(ctx context.Context, call node.Call, emit func(node.Event)) (r node.CallResult) {
	defer func() {
		if panicked := recover(); panicked != nil {
			_ = p.engine.panicked(ctx, "a call of "+p.claim.Type, panicked)
			r = node.CallResult{Status: node.Failed, Failure: final(node.CodeInternal, "a fault of the engine in call %d", call.Number)}
		}
	}()
	t := p.task
	ctx, ended := p.engine.measure.StartCall(p.within(ctx), string(call.Kind), call.Name)
	defer func() { ended(code(r.Failure)) }()
	return p.engine.performer.Perform(ctx, node.CallID{Workspace: t.Workspace, Run: t.Run, Step: t.Path, Generation: t.Generation, Attempt: t.Attempt, Number: call.Number,
		Replays: p.claim.Replays, Live: p.claim.Live}, call, emit)
}
