package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// maxInputs bounds a run's inputs, in bytes of JSON.
const maxInputs = 1 << 20

// Actor is who did something.
type Actor struct {
	Subject string `json:"subject"`
	Kind    string `json:"kind"`
}

// New is a run to be created.
type New struct {
	ID         string          `json:"id"`
	Workspace  string          `json:"workspace"`
	Inputs     json.RawMessage `json:"inputs"`
	Budget     document.Budget `json:"budget"` // the tighter of this and the document's holds
	By         Actor           `json:"by"`
	ForkedFrom string          `json:"forked_from,omitempty"`
	Thread     string          `json:"thread,omitempty"` // empty: of none
	Policy     ThreadPolicy    `json:"policy,omitempty"`
	// ReplayOf is the run whose recorded answers stand for calls; Live lets a call be made that it did not make. A replay is of no
	// thread, but sees the one that the other was of.
	ReplayOf string `json:"replay_of,omitempty"`
	Live     bool   `json:"live,omitempty"`
}

// memberOf is the thread whose run it is; empty: none.
func (n New) memberOf() string {
	if n.ReplayOf != "" {
		return ""
	}
	return n.Thread
}

// CheckInputs gives a new run's inputs with defaults filled in, or *Invalid. It needs no transaction.
func CheckInputs(plan Plan, inputs json.RawMessage) (json.RawMessage, error) {
	inputs = given(inputs)
	if len(inputs) > maxInputs {
		return nil, invalid("/inputs", problem.CodeTooLarge, "inputs may have at most %d bytes as JSON, got %d; keep large data elsewhere and pass where", maxInputs, len(inputs))
	}
	if !json.Valid(inputs) {
		return nil, invalid("/inputs", problem.CodeInvalidJSON, "inputs must be JSON")
	}
	checked, problems := plan.Graphs[plan.Root].CheckInputs(clean(inputs))
	if len(problems) == 0 {
		return clean(checked), nil
	}
	for i := range problems {
		problems[i].Pointer = "/inputs" + problems[i].Pointer
	}
	return nil, &Invalid{Problems: problems}
}

// Create records a new run and everything that follows from its inputs. The same run again is the same; another with its id is a conflict.
func Create(ctx context.Context, tx *Tx, plan Plan, n New) (Outcome, error) {
	inputs, err := CheckInputs(plan, n.Inputs)
	if err != nil {
		return Outcome{}, err
	}
	n.Inputs = inputs
	if err := enter(tx, n.Workspace); err != nil {
		return Outcome{}, err
	}
	admitted, err := admit(ctx, tx, n)
	if err != nil {
		return Outcome{}, err
	}
	c, created, err := insertRun(ctx, tx, plan, n, admitted)
	if err != nil {
		return Outcome{}, err
	}
	if !created {
		return existing(ctx, tx, plan, n)
	}
	if !admitted.queued {
		c.queue = append(c.queue, pending{scope: ""})
	}
	return c.finish()
}

// insertRun inserts the run with its outermost scope, which it leaves to the caller to advance.
func insertRun(ctx context.Context, tx *Tx, plan Plan, n New, a admission) (*change, bool, error) {
	root, status := plan.Graphs[plan.Root], Running
	if a.queued {
		status = Queued
	}
	budget := tighter(n.Budget, root.Document.Settings.Budget)
	var now time.Time
	if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return nil, false, err
	}
	variables := interpreter.Variables{Inputs: n.Inputs, Run: interpreter.RunInfo{ID: n.ID, WorkflowID: plan.Root.Workflow, Version: plan.Root.Number,
		StartedAt: now.UTC().Format(time.RFC3339Nano), Thread: n.Thread}}
	inserted, err := tx.Exec(ctx, `WITH run AS (
  INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by, created_at, started_at, forked_from,
    budget_cost, budget_tokens, budget_steps, budget_tool_calls, thread_id, replay_of, replay_live)
  VALUES ($1, $2, $3, $4, $14::text, $5::text::json, $6::text::jsonb, $7::timestamptz, CASE WHEN $14 = 'running' THEN $7::timestamptz END, nullif($8, ''),
    $9, $10, $11, $12, nullif($15, ''), nullif($16, ''), $17) ON CONFLICT (id) DO NOTHING RETURNING id
) INSERT INTO scopes (run_id, workspace_id, path, status, variables) SELECT id, $2, '', 'running', $13::text::json FROM run`,
		n.ID, n.Workspace, plan.Root.Workflow, plan.Root.Number, string(n.Inputs), encode(n.By), now, n.ForkedFrom,
		budget.CostMicroUSD, budget.Tokens, budget.Steps, budget.ToolCalls, encode(variables), string(status), n.memberOf(), n.ReplayOf, n.Live)
	if err != nil || inserted == 0 {
		return nil, false, err
	}
	c := newChange(ctx, tx, plan, run{id: n.ID, workspace: n.Workspace, status: status, generation: 1, version: plan.Root,
		startedAt: now, budget: budget, thread: n.memberOf(), replays: n.ReplayOf, live: n.Live, now: now})
	c.scopes[""] = &scope{place: place{graph: root, version: plan.Root}, index: -1, status: interpreter.Running, variables: variables, results: map[string]*result{}, change: c}
	c.log("run.queued", "", map[string]any{"workflow_id": plan.Root.Workflow, "version": plan.Root.Number})
	if a.queued {
		c.next = a.cut
		return c, true, nil
	}
	c.log("run.started", "", struct{}{})
	c.deadline(root)
	return c, true, nil
}

// existing answers for a run that is there already: the same, or a conflict.
func existing(ctx context.Context, tx *Tx, plan Plan, n New) (Outcome, error) {
	var version Version
	var inputs []byte
	var thread, replays string
	var status Status
	err := tx.QueryRow(ctx, `SELECT workflow_id, version, inputs, status, coalesce(thread_id, ''), coalesce(replay_of, '') FROM runs WHERE id = $1`, n.ID).
		Scan(&version.Workflow, &version.Number, &inputs, &status, &thread, &replays)
	if err != nil || version != plan.Root || string(inputs) != string(n.Inputs) || thread != n.memberOf() || replays != n.ReplayOf {
		return Outcome{}, fmt.Errorf("there is another run with the id %s already; choose a new id: %w", n.ID, ErrConflict)
	}
	leave(tx)
	return Outcome{Run: n.ID, Ended: status.Ended()}, nil
}

// tighter takes the smaller bound of each; 0 is none.
func tighter(a, b document.Budget) document.Budget {
	return document.Budget{CostMicroUSD: lower(a.CostMicroUSD, b.CostMicroUSD), Tokens: lower(a.Tokens, b.Tokens),
		Steps: lower(a.Steps, b.Steps), ToolCalls: lower(a.ToolCalls, b.ToolCalls)}
}

func lower(a, b int64) int64 {
	if a <= 0 || b <= 0 {
		return max(a, b, 0)
	}
	return min(a, b)
}
