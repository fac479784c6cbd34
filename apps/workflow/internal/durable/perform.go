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

// performance is one attempt of a step that makes calls.
type performance struct {
	engine  *Engine
	journal *journal
	task    ledger.Task
	plan    ledger.Plan
	claim   *ledger.Claim
	program node.Program
	ends    time.Time // of the attempt; zero: never
	failed  string    // the code of the failure that the step ended with
	// within gives a call's context the span of the attempt.
	within func(context.Context) context.Context
}

// perform lets a step's program make its calls, one move after the other, and records its end.
func (e *Engine) perform(ctx dbos.Context, j *journal, plan ledger.Plan, t ledger.Task) (ledger.Outcome, error) {
	p := &performance{engine: e, journal: j, task: t, plan: plan, claim: t.Claim}
	if p.claim == nil {
		var outcome ledger.Outcome
		err := e.directly(ctx, func(ctx context.Context, tx *ledger.Tx) (err error) {
			p.claim, outcome, err = ledger.Begin(ctx, tx, plan, t)
			return err
		})
		if err != nil {
			return ledger.Outcome{}, err
		}
		e.noticed(ctx, outcome)
		if p.claim == nil {
			return outcome, nil
		}
	}
	p.program = e.programs[p.claim.Type]
	if p.claim.Timeout > 0 {
		p.ends = time.Now().Add(p.claim.Timeout)
	}
	span, ended := e.measure.StartTask(ctx, telemetry.Task{Run: t.Run, Step: t.Path, Type: p.claim.Type, Carrier: t.Trace})
	defer func() { ended(p.failed) }()
	p.within = func(ctx context.Context) context.Context { return telemetry.Within(ctx, span) }
	if e.oneCall[p.claim.Type] {
		return p.runOne(ctx)
	}
	return p.run(ctx)
}

// runOne is for programs that make one call and end. If that may be made again at no cost, it needs no record of its own
// before its result is recorded, which is half of a step's statements. On a replay the attempt is over if it was recorded: then nothing is called, and
// the journal gives what the record gave.
func (p *performance) runOne(ctx dbos.Context) (ledger.Outcome, error) {
	move := p.next(nil)
	if len(move.Calls) != 1 || !cheap(move.Calls[0]) {
		return p.run(ctx)
	}
	r, err := p.makeNow(ctx, move.Calls[0], func() (bool, error) { return false, nil })
	if err != nil {
		return ledger.Outcome{}, err
	}
	end := p.next([]node.CallResult{r})
	if len(end.Calls) > 0 {
		end = node.Move{Failure: final(node.CodeInternal, "a node of type %s made more than one call", p.claim.Type)}
	}
	return p.end(ctx, ledger.Move{Calls: move.Calls, Results: []node.CallResult{r}}, end)
}

// cheap says whether a call may be made again at no cost.
func cheap(call node.Call) bool { return call.Kind == node.ToolCall && call.Idempotent }

func (p *performance) run(ctx dbos.Context) (ledger.Outcome, error) {
	results := p.claim.Results
	move := p.next(results)
	made := ledger.Move{Events: move.Events}
	if outcome, err := p.announce(ctx, move); err != nil || outcome.Stale {
		return outcome, err
	}
	for len(move.Calls) > 0 {
		calls, held := p.decided(move.Calls)
		got, err := p.makeAll(ctx, calls)
		if err != nil {
			return ledger.Outcome{}, err
		}
		results = append(results, got...)
		if len(held) > 0 {
			return p.record(ctx, ledger.Move{Calls: calls, Results: got, Held: held, Gained: results[len(p.claim.Results):]})
		}
		move = p.next(results)
		made = ledger.Move{Calls: calls, Results: got, Events: move.Events}
		if len(move.Calls) == 0 {
			break
		}
		outcome, err := p.record(ctx, made)
		if err != nil || outcome.Stale {
			return outcome, err
		}
		made = ledger.Move{}
		if p.engine.draining.Load() {
			return ledger.Outcome{}, p.engine.park(ctx)
		}
	}
	return p.end(ctx, made, move)
}

// announce records what a program tells before its first calls, if it tells anything. A step that goes on has told it before.
func (p *performance) announce(ctx dbos.Context, first node.Move) (ledger.Outcome, error) {
	if len(first.Calls) == 0 || len(first.Events) == 0 || p.task.Serial > 0 {
		return ledger.Outcome{}, nil
	}
	return p.record(ctx, ledger.Move{Events: first.Events})
}

// decided tells the calls that may be made, or are refused, from those that people have yet to decide about.
func (p *performance) decided(calls []node.Call) (now, held []node.Call) {
	for _, call := range calls {
		decision, known := p.claim.Decisions[call.Number]
		switch {
		case call.Approval == nil, p.claim.Replays != "" && !p.claim.Live: // nothing is called in such a replay
			now = append(now, call)
		case known:
			now = append(now, decision.Apply(call))
		default:
			held = append(held, call)
		}
	}
	return now, held
}

// end records the last calls together with what the program ended with.
func (p *performance) end(ctx dbos.Context, made ledger.Move, move node.Move) (ledger.Outcome, error) {
	made.End, made.Output, made.Failure, made.Said = true, move.Output, move.Failure, move.Said
	outcome, err := p.record(ctx, made)
	if err == nil && !outcome.Stale {
		status := node.Succeeded
		if move.Failure != nil {
			status, p.failed = node.Failed, move.Failure.Code
		}
		p.engine.measure.StepEnded(ctx, p.claim.Type, string(status), time.Since(p.claim.Started))
	}
	return outcome, err
}

func (p *performance) record(ctx dbos.Context, m ledger.Move) (ledger.Outcome, error) {
	return p.engine.change(ctx, p.journal, "record", p.engine.draining.Load, func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Record(ctx, tx, p.plan, p.task, m)
	})
}

// next asks the program. A call whose outcome is unknown ends the step: a person has to look.
func (p *performance) next(results []node.CallResult) (move node.Move) {
	defer func() {
		if panicked := recover(); panicked != nil {
			_ = p.engine.panicked(context.Background(), "the program of "+p.claim.Type, panicked)
			move = node.Move{Failure: final(node.CodeInternal, "a fault of the engine in nodes of type %s", p.claim.Type)}
		}
	}()
	for _, r := range results {
		if r.Status == node.Unknown {
			return node.Move{Failure: final(node.CodeOutcomeUnknown,
				"call %d was cut before its result was recorded, and must not be repeated; find out what it did, then retry the run from this step", r.Number)}
		}
	}
	if p.program == nil {
		return node.Move{Failure: final(node.CodeUnavailable, "nodes of type %s cannot run on this engine", p.claim.Type)}
	}
	return p.program.Next(p.claim.Config, results)
}

func final(code, format string, arguments ...any) *node.Failure {
	f := node.Fail(code, format, arguments...)
	f.Final = true
	return f
}

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
	made, err := p.makeNow(ctx, call, func() (bool, error) {
		if time.Since(looked) < wakeful {
			return false, nil
		}
		return look()
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
func (p *performance) makeNow(ctx dbos.Context, call node.Call, made func() (bool, error)) (node.CallResult, error) {
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
func (p *performance) call(ctx context.Context, call node.Call, made func() (bool, error)) (node.CallResult, error) {
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
	if found, err := made(); found || err != nil {
		return node.CallResult{}, cmp.Or(err, errMade)
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
