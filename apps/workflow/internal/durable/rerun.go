package durable

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

// Fork starts a new run that takes over chosen results; an empty newID chooses one.
func (e *Engine) Fork(ctx context.Context, caller identity.Caller, runID string, choice ledger.Choice, newID string) (string, error) {
	if newID == "" {
		newID = id.New(id.Run)
	}
	if err := validRun(newID); err != nil {
		return "", err
	}
	version, err := e.versionOf(ctx, caller.Workspace, runID)
	if err != nil {
		return "", err
	}
	c := e.commandOf(caller, doFork, runID, version)
	c.From, c.Reuse = choice.From, choice.Reuse
	c.New = ledger.New{ID: newID, Workspace: c.Workspace, By: c.By}
	outcome, err := e.do(ctx, c)
	return outcome.Run, err
}

// ReplayRun is a run to be replayed.
type ReplayRun struct {
	ID      string // of the replay; empty chooses one
	Source  string // the run that is replayed, which has ended
	Version int    // a published one of the same workflow
	Live    bool   // a call that the source did not make is made for real; else it fails
}

// Replay starts a run with the inputs and the budget of another, whose calls are answered from what that recorded.
func (e *Engine) Replay(ctx context.Context, caller identity.Caller, r ReplayRun) (string, error) {
	if r.ID == "" {
		r.ID = id.New(id.Run)
	}
	if err := validRun(r.ID); err != nil {
		return "", err
	}
	n := ledger.New{ID: r.ID, Workspace: caller.Workspace, ReplayOf: r.Source, Live: r.Live}
	version := ledger.Version{Number: r.Version}
	var status ledger.Status
	err := database.InWorkspace(ctx, e.pool, caller.Workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT workflow_id, status, inputs, coalesce(thread_id, ''), budget_cost, budget_tokens, budget_steps, budget_tool_calls FROM runs WHERE id = $1`, r.Source).
			Scan(&version.Workflow, &status, &n.Inputs, &n.Thread, &n.Budget.CostMicroUSD, &n.Budget.Tokens, &n.Budget.Steps, &n.Budget.ToolCalls)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("run %s: %w", r.Source, ledger.ErrNotFound)
	}
	if err != nil {
		return "", err
	}
	if !status.Ended() {
		return "", fmt.Errorf("run %s is %s; only one that has ended can be replayed: %w", r.Source, status, ledger.ErrConflict)
	}
	c := e.commandOf(caller, doReplay, r.ID, version)
	plan, err := e.plan(ctx, c.Workspace, c.Version)
	if err != nil {
		return "", err
	}
	if _, err := ledger.CheckInputs(plan, n.Inputs); err != nil {
		return "", err
	}
	n.By = c.By
	c.New = n
	outcome, err := e.do(ctx, c)
	return outcome.Run, err
}
