package store

import (
	"context"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// Run is one execution of one version. Inputs and Outputs are JSON as it was written; empty if there is none,
// and in lists.
type Run struct {
	ID, WorkflowID  string
	Version         int32
	Status          string
	Inputs, Outputs string
	Failure         *node.Failure
	ForkedFrom      string
	Thread          string
	ReplayOf        string
	CreatedBy       Actor
	CreatedAt       time.Time
	StartedAt       *time.Time
	EndedAt         *time.Time
	LastSeq         int64
	Budget          Budget
	Usage           Usage
}

// Budget bounds a run; 0 is no bound.
type Budget struct{ Cost, Tokens, Steps, ToolCalls int64 }

// Usage is what a run or a step consumed. Cost is in millionths of a US dollar.
type Usage struct{ Cost, InputTokens, OutputTokens, ModelCalls, ToolCalls, Steps int64 }

// RunFilter says which runs to list; empty fields let all through.
type RunFilter struct {
	WorkflowID    string
	Statuses      []string
	CreatedAfter  time.Time
	CreatedBefore time.Time
}

const runColumns = `id, workflow_id, version, status, failure, coalesce(forked_from, ''), coalesce(thread_id, ''), coalesce(replay_of, ''), created_by, created_at, started_at, ended_at, last_seq,
	budget_cost, budget_tokens, budget_steps, budget_tool_calls, cost, input_tokens, output_tokens, model_calls, tool_calls, steps`

// Run gives one run with its inputs and outputs.
func (s *Store) Run(ctx context.Context, workspace, run string) (r Run, err error) {
	if !id.Valid(id.Run, run) {
		return Run{}, noRun(run)
	}
	const query = `SELECT ` + runColumns + `, inputs::text, coalesce(outputs::text, '') FROM runs WHERE id = $1`
	err = database.ReadRow(ctx, s.pool, workspace, append(r.targets(), &r.Inputs, &r.Outputs), query, run)
	return r, orNotFound(err, noRun(run))
}

// Runs lists at most limit runs after the cursor, the newest first.
func (s *Store) Runs(ctx context.Context, workspace string, only RunFilter, after paging.Cursor, limit int) ([]Run, error) {
	if only.WorkflowID != "" && !id.Valid(id.Workflow, only.WorkflowID) && !id.Valid(id.Agent, only.WorkflowID) {
		return nil, nil // no workflow, so no run of it
	}
	f := only.filter()
	return newest(ctx, s.pool, workspace, `SELECT `+runColumns+` FROM runs`, f, after, limit, (*Run).targets)
}

func (only RunFilter) filter() *filter {
	f := &filter{}
	if only.WorkflowID != "" {
		f.add("workflow_id = ?", only.WorkflowID)
	}
	if len(only.Statuses) > 0 {
		f.add("status = ANY(?)", only.Statuses)
	}
	if !only.CreatedAfter.IsZero() {
		f.add("created_at > ?", only.CreatedAfter)
	}
	if !only.CreatedBefore.IsZero() {
		f.add("created_at < ?", only.CreatedBefore)
	}
	return f
}

// targets are where the runColumns go.
func (r *Run) targets() []any {
	return append([]any{
		&r.ID, &r.WorkflowID, &r.Version, &r.Status, &r.Failure, &r.ForkedFrom, &r.Thread, &r.ReplayOf, &r.CreatedBy, &r.CreatedAt, &r.StartedAt, &r.EndedAt, &r.LastSeq,
		&r.Budget.Cost, &r.Budget.Tokens, &r.Budget.Steps, &r.Budget.ToolCalls,
	}, append(r.Usage.targets(), &r.Usage.Steps)...)
}

func (u *Usage) targets() []any {
	return []any{&u.Cost, &u.InputTokens, &u.OutputTokens, &u.ModelCalls, &u.ToolCalls}
}

func noRun(run string) error { return Missing("run", run) }
