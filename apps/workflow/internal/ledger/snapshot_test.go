package ledger_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
)

// TestAChangeOfWhatTheRunWasIsRefused has another process begin a step that this one is about to end without reading the run.
func TestAChangeOfWhatTheRunWasIsRefused(t *testing.T) {
	t.Parallel()
	w := start(t, `{"base": 1, "list": []}`, flow(callNode+`, {"id": "then", "type": "http", "config": {"method": "GET", "url": "https://example.com"}}`,
		`{"from": "call", "to": "then"}`))
	w.record(w.ready[0], ledger.Move{End: true, Output: json.RawMessage(`1`)})
	own := w.ready[1]
	elsewhere := own
	elsewhere.Claim = nil
	w.must(func(ctx context.Context, tx *ledger.Tx) (o ledger.Outcome, err error) {
		_, o, err = ledger.Begin(ctx, tx, w.plan, elsewhere)
		return o, err
	})
	end := func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Record(ctx, tx, w.plan, own, ledger.Move{End: true, Output: json.RawMessage(`2`)})
	}
	if _, err := w.commit(end); !ledger.Outdated(err) {
		t.Errorf("the change gave %v", err)
	}
	if got := w.steps(); got != "call=completed then=running" {
		t.Errorf("it left %s", got)
	}
	w.must(end)
	if got := get[int](w, `SELECT (progress->>'tries')::int FROM steps WHERE run_id = $1 AND path = 'then'`, w.run); got != 1 {
		t.Errorf("the step was begun %d times elsewhere", got)
	}
	w.expect("completed", "run.queued", "run.started", "step.started:call", "step.completed:call", "step.started:then", "step.completed:then", "run.completed", "done")
}
