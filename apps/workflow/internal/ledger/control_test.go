package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/id"
)

func (w *world) cancel() ledger.Outcome {
	w.t.Helper()
	return w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Cancel(ctx, tx, w.plan, w.workspace, w.run, "enough", caller())
	})
}

func (w *world) retry(from string) error {
	_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Retry(ctx, tx, w.plan, w.workspace, w.run, from, caller())
	})
	return err
}

func TestCancelReachesEverything(t *testing.T) {
	t.Parallel()
	w := start(t, `{"base": 1, "n": 1, "list": [1, 2, 3]}`,
		flow(each(visit, `null`, `, "max_parallel": 2`)+`,`+callNode+`,`+approval(``)+`, {"id": "nap", "type": "wait", "config": {"duration": "1h"}}`, ``))
	tasks := w.ready
	w.ready = nil
	if o := w.cancel(); !o.Ended || len(o.Next) > 0 {
		t.Errorf("outcome %+v", o)
	}
	w.expect("canceled")
	if got := w.steps(); got != "each=canceled call=canceled ok=canceled nap=canceled each[0]/visit=canceled each[1]/visit=canceled" {
		t.Errorf("steps %s", got)
	}
	before := len(w.events())
	for _, task := range tasks {
		if o := w.carry(task); !o.Stale {
			t.Errorf("task %s changed a canceled run", task.ID())
		}
	}
	w.cancel() // has no effect
	if after := len(w.events()); after != before {
		t.Errorf("%d events came after the end", after-before)
	}
}

func TestRetryFromAStep(t *testing.T) {
	t.Parallel()
	doc := flow(strings.ReplaceAll(callNode, "call", "one")+`,`+strings.ReplaceAll(callNode, "call", "two")+`,`+strings.ReplaceAll(callNode, "call", "side")+`,`+passNode,
		`{"from": "one", "to": "two"}, {"from": "two", "to": "pass"}, {"from": "one", "to": "side"}`)
	w := start(t, `{"n": 1}`, doc)
	broken := true
	w.perform = func(task ledger.Task, _ json.RawMessage) ledger.Move {
		if broken && task.Path == "two" {
			return ledger.Move{End: true, Failure: node.Fail(node.CodeConnection, "no answer")}
		}
		return ledger.Move{End: true, Output: json.RawMessage(`1`)}
	}
	w.work()
	w.expect("failed")
	if err := w.retry("nothing"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an unknown step: %v", err)
	}
	broken = false
	if err := w.retry("two"); err != nil {
		t.Fatal(err)
	}
	w.expect("running")
	w.work()
	w.expect("completed")
	if w.began["one"] != 1 || w.began["two"] != 2 {
		t.Errorf("performed %v", w.began)
	}
	if err := w.retry(""); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("a retry of a completed run: %v", err)
	}

	canceled := start(t, `{"n": 1}`, doc)
	old := canceled.ready[0]
	canceled.ready = nil
	canceled.cancel()
	if err := canceled.retry(""); err != nil {
		t.Fatal(err)
	}
	if o := canceled.carry(old); !o.Stale {
		t.Error("a task of the earlier generation changed the run")
	}
	canceled.work()
	canceled.expect("completed")
}

func TestRetryForgetsWhatWasWithinTheStep(t *testing.T) {
	t.Parallel()
	w := start(t, numbers(3), flow(each(visit, `"${{ nodes.visit.output }}"`, `, "max_parallel": 1`), ``))
	broken := true
	w.perform = func(task ledger.Task, _ json.RawMessage) ledger.Move {
		if broken && task.Path == "each[1]/visit" {
			return ledger.Move{End: true, Failure: node.Fail(node.CodeConnection, "no answer")}
		}
		return ledger.Move{End: true, Output: json.RawMessage(`1`)}
	}
	w.work()
	w.expect("failed")
	broken = false
	if err := w.retry(""); err != nil {
		t.Fatal(err)
	}
	w.work()
	w.expect("completed")
	if got := w.output("each"); got != `[1,1,1]` {
		t.Errorf("output %s", got)
	}
}

func TestForks(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(strings.ReplaceAll(callNode, "call", "one")+`,`+strings.ReplaceAll(callNode, "call", "two"),
		`{"from": "one", "to": "two"}`, `"outputs": {"size": "${{ size(nodes.one.output) }}"}`))
	w.perform = func(ledger.Task, json.RawMessage) ledger.Move {
		return ledger.Move{End: true, Output: json.RawMessage(`"` + strings.Repeat("x", 70_000) + `"`)}
	}
	w.work()
	w.expect("completed")
	source := w.run
	w.run = id.New(id.Run)
	fork := func(from string, reuse ...string) error {
		_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Fork(ctx, tx, w.plan, source, ledger.Choice{From: from, Reuse: reuse}, ledger.New{ID: w.run, Workspace: w.workspace, By: caller()})
		})
		return err
	}
	if err := fork("nothing"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an unknown step: %v", err)
	}
	if err := fork("two", "nothing"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an unknown step to reuse: %v", err)
	}
	if err := fork("two", "two"); invalidAt(err) != "/reuse/0" {
		t.Errorf("a step both anew and reused: %v", err)
	}
	for range 2 { // the same again is the same run
		if err := fork("two"); err != nil {
			t.Fatal(err)
		}
	}
	w.work()
	w.expect("completed")
	if w.began["one"] != 1 || w.began["two"] != 2 {
		t.Errorf("performed %v", w.began)
	}
	if got := w.outputs(); got != `{"size":70000}` {
		t.Errorf("outputs %s", got)
	}
	w.in(func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM runs WHERE id = $1`, source)
		return err
	})
	if got := get[string](w, `SELECT a.id FROM steps s JOIN artifacts a ON a.id = s.output_artifact WHERE s.run_id = $1 AND path = 'one'`, w.run); !id.Valid(id.Artifact, got) {
		t.Errorf("the fork's artifact is %q", got)
	}
}

// A fork may keep what comes after the step that it runs anew, and needs no step to begin at.
func TestForksTakeOverChosenResults(t *testing.T) {
	t.Parallel()
	nodes := strings.ReplaceAll(callNode, "call", "one") + `,` + strings.ReplaceAll(callNode, "call", "two") + `,` + strings.ReplaceAll(callNode, "call", "three") +
		`,{"id": "maybe", "type": "transform", "when": "${{ false }}", "config": {"value": 1}}`
	w := start(t, `{}`, flow(nodes, `{"from": "one", "to": "two"}, {"from": "two", "to": "three"}`))
	w.work()
	w.expect("completed")
	source := w.run
	for _, test := range []struct {
		choice ledger.Choice
		anew   string
	}{
		{ledger.Choice{From: "one", Reuse: []string{"two"}}, "one three"},
		{ledger.Choice{Reuse: []string{"two", "maybe"}}, "one three"},
		{ledger.Choice{Reuse: []string{"one", "two", "three"}}, ""},
		{ledger.Choice{From: "two"}, "two three"},
	} {
		w.run, w.began = id.New(id.Run), map[string]int{}
		w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Fork(ctx, tx, w.plan, source, test.choice, ledger.New{ID: w.run, Workspace: w.workspace, By: caller()})
		})
		w.work()
		w.expect("completed")
		var anew []string
		for _, name := range []string{"one", "two", "three"} {
			if w.began[name] > 0 {
				anew = append(anew, name)
			}
		}
		if got := strings.Join(anew, " "); got != test.anew {
			t.Errorf("%+v runs %s anew, want %s", test.choice, got, test.anew)
		}
	}
}

func TestWhatDidNotEndIsNotTakenOver(t *testing.T) {
	t.Parallel()
	w := start(t, `{}`, flow(callNode+`,{"id": "nap", "type": "wait", "config": {"duration": "1h"}}`, ``))
	w.work()
	source := w.run
	_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Fork(ctx, tx, w.plan, source, ledger.Choice{Reuse: []string{"call", "nap"}}, ledger.New{ID: id.New(id.Run), Workspace: w.workspace, By: caller()})
	})
	if invalidAt(err) != "/reuse/1" {
		t.Errorf("a step that waits: %v", err)
	}
}

// invalidAt is the place of the first problem.
func invalidAt(err error) string {
	if invalid, ok := errors.AsType[*ledger.Invalid](err); ok {
		return invalid.Problems[0].Pointer
	}
	return ""
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flow(callNode+`,{"id": "nap", "type": "wait", "config": {"duration": "1h"}}`, ``, `"settings": {"budget": {"usd": 0.0001, "tokens": 1000}}`))
	w.create(ledger.New{Budget: document.Budget{CostMicroUSD: 1000, ToolCalls: 1}})
	task := w.ready[0]
	w.ready = nil
	if !task.Claim.Budgeted {
		t.Error("the claim does not say that calls have to be reserved")
	}
	var ended ledger.Outcome
	reserve := func(call node.Call) ledger.Verdict {
		var v ledger.Verdict
		w.must(func(ctx context.Context, tx *ledger.Tx) (o ledger.Outcome, err error) {
			v, ended, err = ledger.Reserve(ctx, tx, w.plan, task, call)
			return o, err
		})
		return v
	}
	first := node.Call{Number: 1, Kind: node.ModelCall, Name: "openai/x", Reserve: node.Usage{Cost: 60, InputTokens: 100, OutputTokens: 100}}
	for range 2 {
		if got := reserve(first); got != ledger.Go {
			t.Fatalf("the first call: %s", got)
		}
	}
	if got := get[int](w, `SELECT reserved_cost FROM runs WHERE id = $1`, w.run); got != 60 {
		t.Errorf("%d are reserved, want 60", got)
	}
	w.record(task, ledger.Move{Calls: []node.Call{first}, Results: []node.CallResult{{Number: 1, Status: node.Succeeded, Usage: node.Usage{Cost: 50, InputTokens: 80, OutputTokens: 20, ModelCalls: 1},
		Events: []node.CallEvent{{Type: "message.completed", Data: json.RawMessage(`{"call":1,"text":"x"}`)}}}}})
	if got := get[string](w, `SELECT concat_ws(' ', reserved_cost, reserved_tokens, cost, input_tokens, output_tokens, model_calls) FROM runs WHERE id = $1`, w.run); got != "0 0 50 80 20 1" {
		t.Errorf("the run's account is %s", got)
	}
	second := first
	second.Number = 2
	if got := reserve(second); got != ledger.Refused || ended.End == nil || ended.End.Status != ledger.BudgetExhausted {
		t.Errorf("the second call: %s, and the run's end is %+v", got, ended.End)
	}
	w.expect("budget_exhausted", "run.queued", "run.started", "step.started:call", "step.started:nap", "step.waiting:nap", "message.completed:call", "usage.updated",
		"step.canceled:call", "step.canceled:nap", "run.budget_exhausted", "done")
	if got := reserve(second); got != ledger.Over || ended.End != nil {
		t.Errorf("a call after the end: %s, which ends the run again: %+v", got, ended.End)
	}
	late := w.record(task, ledger.Move{Calls: []node.Call{second}, Results: []node.CallResult{{Number: 2, Status: node.Succeeded, Usage: node.Usage{Cost: 7}}}, End: true, Output: json.RawMessage(`1`)})
	if got := get[int](w, `SELECT cost FROM runs WHERE id = $1`, w.run); got != 57 || !late.Stale {
		t.Errorf("a late result is settled: cost %d, %+v", got, late)
	}
	if got := get[string](w, `SELECT status FROM steps WHERE run_id = $1 AND path = 'call'`, w.run); got != "canceled" {
		t.Errorf("a late result made the step %s", got)
	}
}

func TestStepsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flow(each(visit, `null`, `, "max_parallel": 2`), ``, `"settings": {"budget": {"steps": 4}}`))
	w.create(ledger.New{Inputs: json.RawMessage(numbers(10))})
	w.work()
	w.expect("budget_exhausted")
	if got := get[int](w, `SELECT steps FROM runs WHERE id = $1`, w.run); got != 4 {
		t.Errorf("%d steps, want 4", got)
	}
}

func TestCallsThatMustNotBeRepeated(t *testing.T) {
	t.Parallel()
	w := start(t, `{}`, flow(callNode, ``))
	task := w.ready[0]
	for kind, want := range map[node.CallKind]ledger.Verdict{node.ToolCall: ledger.Repeated, node.ModelCall: ledger.Go} {
		for i, expected := range []ledger.Verdict{ledger.Go, want} {
			w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
				got, _, err := ledger.Reserve(ctx, tx, w.plan, task, node.Call{Number: map[node.CallKind]int{node.ToolCall: 1, node.ModelCall: 2}[kind], Kind: kind})
				if got != expected {
					t.Errorf("try %d of a %s call: %s, want %s", i+1, kind, got, expected)
				}
				return ledger.Outcome{}, err
			})
		}
	}
}

func TestLiveEvents(t *testing.T) {
	t.Parallel()
	w := start(t, `{}`, flow(callNode, ``))
	task := w.ready[0]
	live := func(kind string) (current bool) {
		w.must(func(ctx context.Context, tx *ledger.Tx) (o ledger.Outcome, err error) {
			current, err = ledger.Append(ctx, tx, task, []node.CallEvent{{Type: kind, Data: json.RawMessage(`{"call": 1}`)}})
			return o, err
		})
		return current
	}
	reset := func() {
		w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Outcome{}, ledger.Reset(ctx, tx, task, node.Call{Number: 1})
		})
	}
	reset() // nothing was shown yet
	if !live("message.started") || !live("message.delta") {
		t.Error("events of the call that is made were dropped")
	}
	reset()
	reset() // once is enough
	w.work()
	if live("message.delta") {
		t.Error("an event came after the end")
	}
	w.expect("completed", "run.queued", "run.started", "step.started:call", "message.started:call", "message.delta:call", "message.reset:call", "step.completed:call", "run.completed", "done")
}

func TestAStepThatKillsItsProcessesIsGivenUp(t *testing.T) {
	t.Parallel()
	w := start(t, `{}`, flow(callNode, ``))
	task := w.ready[0]
	task.Claim, w.ready = nil, nil
	for i := range 11 {
		w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			claim, o, err := ledger.Begin(ctx, tx, w.plan, task)
			if (claim == nil) != (i == 10) {
				t.Errorf("try %d: %+v", i+1, claim)
			}
			return o, err
		})
	}
	w.expect("failed")
	if got := w.failure(); got.Code != node.CodeInternal {
		t.Errorf("failure %+v", got)
	}
}
