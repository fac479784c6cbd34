package durable

import (
	"context"
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
	r, err := p.makeNow(ctx, move.Calls[0], func() error { return nil })
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
