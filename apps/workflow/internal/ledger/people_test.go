package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

func (w *world) decide(step, status, data string) error {
	w.t.Helper()
	d := ledger.Decision{Approval: get[string](w, `SELECT id FROM approvals WHERE run_id = $1 AND step = $2 ORDER BY requested_at DESC LIMIT 1`, w.run, step),
		Digest: get[string](w, `SELECT digest FROM approvals WHERE run_id = $1 AND step = $2 ORDER BY requested_at DESC LIMIT 1`, w.run, step), Status: status, Comment: "so", By: caller()}
	if data != "" {
		d.Data = json.RawMessage(data)
	}
	_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Decide(ctx, tx, w.plan, w.workspace, w.run, d)
	})
	return err
}

func approval(more string) string {
	return `{"id": "ok", "type": "approval", "config": {"title": "Send?", "details": {"n": "${{ inputs.n }}"}` + more + `}}`
}

const afterApproval = `{"from": "ok.approved", "to": "yes"}, {"from": "ok.rejected", "to": "no"}`

func branches() string {
	return `{"id": "yes", "type": "transform", "config": {"value": "${{ nodes.ok.output }}"}}, {"id": "no", "type": "transform", "config": {"value": "${{ nodes.ok.output }}"}}`
}

func TestApprovals(t *testing.T) {
	t.Parallel()
	for status, step := range map[string]string{"approved": "yes", "rejected": "no"} {
		w := start(t, `{"n": 1}`, flow(approval(``)+`,`+branches(), afterApproval))
		w.expect("paused", "run.queued", "run.started", "step.started:ok", "approval.requested:ok", "run.paused")
		if err := w.decide("ok", "submitted", ""); err == nil {
			t.Error("an approval was submitted")
		}
		for range 2 { // the same by the same person has no effect
			if err := w.decide("ok", status, ""); err != nil {
				t.Fatal(err)
			}
		}
		w.expect("completed")
		if got := w.output(step); got != `{"by":"u1","comment":"so","decision":"`+status+`"}` {
			t.Errorf("%s: %s; steps %s", status, got, w.steps())
		}
		other := map[string]string{"approved": "rejected", "rejected": "approved"}[status]
		if err := w.decide("ok", other, ""); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("another decision: %v", err)
		}
	}
}

func TestApprovalsExpire(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct{ status, step string }{
		`, "on_expiry": "approve"`: {"completed", "yes"}, `, "on_expiry": "reject"`: {"completed", "no"}, ``: {"completed", "no"}, `, "on_expiry": "fail"`: {"failed", ""},
	} {
		w := start(t, `{"n": 1}`, flow(approval(`, "expires_in": "1h"`+policy)+`,`+branches(), afterApproval))
		w.expect("paused")
		w.fire(ledger.Expire)
		w.expect(want.status)
		if want.step != "" && w.output(want.step) == "" {
			t.Errorf("%q: steps %s", policy, w.steps())
		}
		if want.step == "" && w.failure().Code != node.CodeExpired {
			t.Errorf("%q: failure %+v", policy, w.failure())
		}
		if err := w.decide("ok", "approved", ""); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("a decision after the expiry: %v", err)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	doc := flow(`{"id": "form", "type": "input", "config": {"title": "How many?", "schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}}`, ``,
		`"outputs": {"n": "${{ nodes.form.output.n }}"}`)
	w := start(t, `{}`, doc)
	var refused *ledger.Invalid
	if err := w.decide("form", "submitted", `{"n": "x"}`); !errors.As(err, &refused) || refused.Problems[0].Pointer != "/data/n" {
		t.Errorf("wrong data: %v", err)
	}
	if err := w.decide("form", "submitted", `{"n": 5}`); err != nil {
		t.Fatal(err)
	}
	w.expect("completed")
	if got := w.outputs(); got != `{"n":5}` {
		t.Errorf("outputs %s", got)
	}
	w = start(t, `{}`, doc)
	if err := w.decide("form", "rejected", ""); err != nil {
		t.Fatal(err)
	}
	w.expect("failed")
	if got := w.failure(); got.Code != node.CodeRejected {
		t.Errorf("failure %+v", got)
	}
}

func TestARunIsPausedOnlyWhenNothingElseGoesOn(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(approval(``)+`,`+branches()+`,`+callNode+`,{"id": "join", "type": "join", "config": {}}`,
		afterApproval+`, {"from": "yes", "to": "join"}, {"from": "call", "to": "join"}`))
	w.expect("running")
	w.work()
	w.expect("paused")
	if err := w.decide("ok", "approved", ""); err != nil {
		t.Fatal(err)
	}
	w.expect("completed")
	w = start(t, `{"n": 1}`, flow(approval(``)+`,`+branches()+`,`+callNode, afterApproval+`, {"from": "yes", "to": "call"}`))
	w.expect("paused")
	if err := w.decide("ok", "approved", ""); err != nil {
		t.Fatal(err)
	}
	w.expect("running")
	w.work()
	w.expect("completed", "run.queued", "run.started", "step.started:ok", "approval.requested:ok", "run.paused", "approval.decided:ok", "step.completed:ok",
		"step.started:yes", "step.completed:yes", "step.skipped:no", "step.started:call", "run.resumed", "step.completed:call", "run.completed", "done")
}

func TestAStepWaitsOnlySoLong(t *testing.T) {
	t.Parallel()
	w := start(t, `{"n": 1}`, flow(`{"id": "ok", "type": "approval", "timeout": "1h", "retry": {"max_attempts": 2}, "config": {"title": "Send?"}}`, ``))
	w.fire(ledger.Timeout)
	w.expect("running")
	w.fire(ledger.Restart)
	w.expect("paused")
	if got := get[int](w, `SELECT count(*) FROM approvals WHERE run_id = $1 AND status = 'pending'`, w.run); got != 1 {
		t.Errorf("%d approvals are pending", got)
	}
	w.fire(ledger.Timeout)
	w.expect("failed")
	if got := w.failure(); got.Code != node.CodeTimeout {
		t.Errorf("failure %+v", got)
	}
}
