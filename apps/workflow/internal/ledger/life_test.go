package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

const (
	callNode = `{"id": "call", "type": "http", "config": {"method": "GET", "url": "https://example.com"}}`
	//nolint:gosec // a step that passes its input on
	passNode = `{"id": "pass", "type": "transform", "config": {"value": {"n": "${{ inputs.n }}"}}}`
)

func TestPureNodesAreOneTransaction(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 3}`, flow(passNode+`,
  {"id": "big", "type": "if", "config": {"condition": "${{ nodes.pass.output.n > 2 }}"}},
  {"id": "yes", "type": "template", "config": {"template": "n is ${{ nodes.pass.output.n }}"}},
  {"id": "no", "type": "transform", "config": {"value": 0}}`,
		`{"from": "pass", "to": "big"}, {"from": "big.true", "to": "yes"}, {"from": "big.false", "to": "no"}`,
		`"outputs": {"text": "${{ nodes.yes.output }}"}`))
	if len(w.ready)+len(w.delayed) > 0 {
		t.Errorf("tasks are left: %+v", w.ready)
	}
	w.expect("completed", "run.queued", "run.started", "step.started:pass", "step.completed:pass", "step.started:big", "step.completed:big",
		"step.started:yes", "step.completed:yes", "step.skipped:no", "run.completed", "done")
	if got := w.outputs(); got != `{"text":"n is 3"}` {
		t.Errorf("outputs %s", got)
	}
	if got := get[int](w, `SELECT steps FROM runs WHERE id = $1`, w.run); got != 3 {
		t.Errorf("%d steps were counted, want 3", got)
	}
}

func TestCallsAreTasks(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(callNode+`,`+passNode, `{"from": "call", "to": "pass"}`, `"outputs": {"call": "${{ nodes.call.output.step }}"}`))
	if len(w.ready) != 1 || w.ready[0].Kind != ledger.Perform || w.ready[0].Claim == nil {
		t.Fatalf("tasks %+v", w.ready)
	}
	task := w.ready[0]
	w.work()
	w.expect("completed", "run.queued", "run.started", "step.started:call", "step.completed:call", "step.started:pass", "step.completed:pass", "run.completed", "done")
	if got := w.outputs(); got != `{"call":"call"}` {
		t.Errorf("outputs %s", got)
	}
	before := len(w.events())
	if o := w.record(task, ledger.Move{End: true, Output: json.RawMessage(`2`)}); !o.Stale {
		t.Errorf("a second result gave %+v", o)
	}
	if after := len(w.events()); after != before {
		t.Error("a second result added events")
	}
}

func TestTheSameRunAgain(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(callNode+`,`+passNode, ``))
	again := func(inputs string) error {
		_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Create(ctx, tx, w.plan, ledger.New{ID: w.run, Workspace: w.workspace, Inputs: json.RawMessage(inputs), By: caller()})
		})
		return err
	}
	if err := again(`{"n": 1}`); err != nil {
		t.Error(err)
	}
	if err := again(`{"n": 2}`); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("other inputs: %v", err)
	}
	w.work()
	w.expect("completed")
}

func TestInputsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flow(passNode, ``, `"inputs": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}`))
	for _, inputs := range []string{`{}`, `{"n": "x"}`, `[]`, `{"n": 1`, `{"n": 1, "x": "` + strings.Repeat("x", 1<<20) + `"}`} {
		_, err := ledger.CheckInputs(w.plan, json.RawMessage(inputs))
		var refused *ledger.Invalid
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Problems[0].Pointer, "/inputs") {
			t.Errorf("%.40s: %v", inputs, err)
		}
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	doc := flow(`{"id": "call", "type": "http", "config": {"method": "GET", "url": "https://example.com"}, "retry": {"max_attempts": 3, "initial": "1s", "non_retryable": ["refused_address"]}}`, ``)
	for name, test := range map[string]struct {
		failures []*node.Failure
		status   string
		attempts int
	}{
		"succeeds in the end":   {[]*node.Failure{{Code: node.CodeConnection}, {Code: node.CodeConnection}, nil}, "completed", 3},
		"fails three times":     {[]*node.Failure{{Code: node.CodeConnection}, {Code: node.CodeConnection}, {Code: node.CodeHTTPStatus}}, "failed", 3},
		"is not worth it":       {[]*node.Failure{{Code: node.CodeConnection, Final: true}}, "failed", 1},
		"is not to be repeated": {[]*node.Failure{{Code: node.CodeRefusedAddress}}, "failed", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, `{}`, doc)
			w.perform = func(task ledger.Task, _ json.RawMessage) ledger.Move {
				return ledger.Move{End: true, Output: json.RawMessage(`1`), Failure: test.failures[task.Attempt-1]}
			}
			w.work()
			for range test.attempts - 1 {
				w.fire(ledger.Perform)
			}
			w.expect(test.status)
			if w.began["call"] != test.attempts {
				t.Errorf("%d attempts, want %d", w.began["call"], test.attempts)
			}
			last := test.failures[len(test.failures)-1]
			if last != nil && (w.failure().Code != last.Code || w.failure().Step != "call") {
				t.Errorf("failure %+v", w.failure())
			}
		})
	}
}

func TestFailuresAreRoutedOrContinued(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(`{"id": "call", "type": "http", "config": {"method": "GET", "url": "https://example.com"}, "on_error": "route"},
  {"id": "rescue", "type": "transform", "config": {"value": "${{ nodes.call.error.code }}"}}, {"id": "else", "type": "transform", "config": {"value": 1}}`,
		`{"from": "call.error", "to": "rescue"}, {"from": "call", "to": "else"}`, `"outputs": {"code": "${{ nodes.rescue.output }}"}`))
	w.perform = func(ledger.Task, json.RawMessage) ledger.Move {
		return ledger.Move{End: true, Failure: node.Fail(node.CodeConnection, "no answer\x00")}
	}
	w.work()
	w.expect("completed")
	if got := w.outputs(); got != `{"code":"connection"}` {
		t.Errorf("outputs %s; steps %s", got, w.steps())
	}
}

func TestLargeOutputsAreArtifacts(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(callNode+`, {"id": "size", "type": "transform", "config": {"value": "${{ size(nodes.call.output) }}"}}`, `{"from": "call", "to": "size"}`))
	w.perform = func(ledger.Task, json.RawMessage) ledger.Move {
		return ledger.Move{End: true, Output: json.RawMessage(`"` + strings.Repeat("x", 100_000) + "\xff\\u0000" + `"`)}
	}
	w.work()
	w.expect("completed")
	if got := get[int](w, `SELECT octet_length(content) FROM artifacts a JOIN steps s ON s.output_artifact = a.id WHERE s.run_id = $1 AND path = 'call'`, w.run); got < 100_000 {
		t.Errorf("the artifact has %d bytes", got)
	}
	if got := w.output("size"); got != "100002" {
		t.Errorf("the next step saw %s characters", got)
	}
	huge := start(t, `{}`, flow(callNode, ``))
	huge.perform = func(ledger.Task, json.RawMessage) ledger.Move {
		return ledger.Move{End: true, Output: json.RawMessage(`"` + strings.Repeat("x", 5<<20) + `"`)}
	}
	huge.work()
	huge.expect("failed")
	if got := huge.failure(); got.Code != node.CodeTooLarge {
		t.Errorf("failure %+v", got)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	w := start(t, `{}`, flow(`{"id": "nap", "type": "wait", "config": {"duration": "1h"}}`, ``))
	w.expect("running", "run.queued", "run.started", "step.started:nap", "step.waiting:nap")
	w.fire(ledger.Wait)
	w.expect("completed")
	if got := w.output("nap"); !strings.HasPrefix(got, `{"until"`) {
		t.Errorf("output %s", got)
	}
}

func TestADeadlineEndsTheRun(t *testing.T) {
	t.Parallel()
	w := start(t, `{}`, flow(callNode+`,{"id": "nap", "type": "wait", "config": {"duration": "1h"}}`, ``, `"settings": {"timeout": "10s"}`))
	late := w.ready[0]
	w.ready = nil
	w.fire(ledger.Deadline)
	w.expect("failed", "run.queued", "run.started", "step.started:call", "step.started:nap", "step.waiting:nap", "step.canceled:call", "step.canceled:nap", "run.failed", "done")
	if got := w.failure(); got.Code != node.CodeTimeout {
		t.Errorf("failure %+v", got)
	}
	if o := w.carry(late); !o.Stale {
		t.Errorf("a late result gave %+v", o)
	}
	w.fire(ledger.Wait)
	w.expect("failed")
}
