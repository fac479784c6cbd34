package ledger_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// held is a call that people have to approve.
func held(number int) node.Call {
	return node.Call{Number: number, Kind: node.ToolCall, Name: "create", Approval: &node.Approval{Title: "Create?", Details: json.RawMessage(`{"n": 1}`), ExpiresIn: time.Hour}}
}

// suspended is a run whose step has made one call and waits for people to decide about two.
func suspended(t *testing.T) (w *world, first ledger.Task) {
	t.Helper()
	w = start(t, `{}`, flow(`{"id": "work", "type": "agent", "config": {"provider": "openai", "model": "m", "prompt": "p"}}`, ``))
	first = w.ready[0]
	w.ready = nil
	call, result := node.Call{Number: 1, Kind: node.ToolCall, Name: "search", Idempotent: true}, node.CallResult{Number: 1, Status: node.Succeeded, Response: json.RawMessage(`"found"`)}
	w.record(first, ledger.Move{Calls: []node.Call{call}, Results: []node.CallResult{result}, Held: []node.Call{held(2), held(3)}, Gained: []node.CallResult{result}})
	return w, first
}

func (w *world) begin(t ledger.Task) (claim *ledger.Claim) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *ledger.Tx) (o ledger.Outcome, err error) {
		claim, o, err = ledger.Begin(ctx, tx, w.plan, t)
		return o, err
	})
	return claim
}

func TestAStepGoesOnWhenEverythingIsDecided(t *testing.T) {
	t.Parallel()
	w, first := suspended(t)
	w.expect("paused", "run.queued", "run.started", "step.started:work", "approval.requested:work", "approval.requested:work", "run.paused")
	if claim := w.begin(first); claim == nil || !claim.Over {
		t.Errorf("the task that suspended the step may go on: %+v", claim)
	}
	for i, status := range []string{"approved", "rejected"} {
		if len(w.ready) > 0 {
			t.Errorf("after %d decisions the step goes on: %+v", i, w.ready)
		}
		d := ledger.Decision{Status: status, Comment: "so", By: caller()}
		d.Approval = get[string](w, `SELECT id FROM approvals WHERE run_id = $1 AND (call->>'number')::int = $2`, w.run, i+2)
		d.Digest = get[string](w, `SELECT digest FROM approvals WHERE id = $1`, d.Approval)
		w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Decide(ctx, tx, w.plan, w.workspace, w.run, d)
		})
	}
	if len(w.ready) != 1 || w.ready[0].Kind != ledger.Perform || w.ready[0].Serial != 1 {
		t.Fatalf("what follows is %+v, want the step", w.ready)
	}
	next := w.ready[0]
	w.ready = nil
	claim := w.begin(next)
	if claim == nil || claim.Over || claim.Resumed || len(claim.Results) != 1 || string(claim.Results[0].Response) != `"found"` ||
		claim.Decisions[2].Status != "approved" || claim.Decisions[3] != (node.Decision{Status: "rejected", Comment: "so"}) {
		t.Fatalf("it goes on with %+v", claim)
	}
	if again := w.begin(next); again == nil || again.Over || !again.Resumed || len(again.Results) != 1 {
		t.Errorf("after the death of its process it goes on with %+v", again)
	}
	w.fire(ledger.Expire) // the time passes all the same
	w.expect("running")
	w.record(next, ledger.Move{End: true, Output: json.RawMessage(`1`)})
	w.expect("completed")
}

func TestWhatNobodyDecidesAboutIsRefused(t *testing.T) {
	t.Parallel()
	w, _ := suspended(t)
	w.perform = func(task ledger.Task, _ json.RawMessage) ledger.Move {
		claim := w.begin(task)
		if claim.Decisions[2].Status != "expired" || claim.Decisions[3].Status != "expired" {
			t.Errorf("the decisions are %+v", claim.Decisions)
		}
		return ledger.Move{End: true, Output: json.RawMessage(`1`)}
	}
	w.fire(ledger.Expire)
	w.expect("completed")
}

func TestARetryAsksAgain(t *testing.T) {
	t.Parallel()
	w, _ := suspended(t)
	w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Cancel(ctx, tx, w.plan, w.workspace, w.run, "", caller())
	})
	if left := get[int](w, `SELECT count(*) FROM approvals WHERE run_id = $1 AND status = 'pending'`, w.run); left != 0 {
		t.Errorf("%d questions of a canceled run are left", left)
	}
	w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Retry(ctx, tx, w.plan, w.workspace, w.run, "", caller())
	})
	if len(w.ready) != 1 || w.ready[0].Serial != 0 {
		t.Fatalf("what follows is %+v", w.ready)
	}
	if claim := w.ready[0].Claim; claim == nil || len(claim.Results) != 0 || len(claim.Decisions) != 0 {
		t.Errorf("the new try begins with %+v", claim)
	}
	w.ready = nil
	w.fire(ledger.Expire) // of the first life
	w.expect("running")
}
