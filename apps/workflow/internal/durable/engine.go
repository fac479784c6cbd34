// Package durable carries runs out. It is the one package that knows DBOS: tasks of the ledger are DBOS
// workflows, their calls are DBOS steps, and every change of a run is committed together with DBOS's own
// record of it. Runs survive the death of any process, and spread over all that live.
package durable

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/identity"
)

// Options are what an engine works with.
type Options struct {
	// Pool says where the database is. The engine opens a pool of its own with the same settings.
	Pool *pgxpool.Pool
	// ExecutorID names this process among all that work on the database; empty makes a new one.
	ExecutorID string
	// Programs are the node types that make calls.
	Programs  map[string]node.Program
	Performer node.Performer
	// Graphs gives a published version, compiled. A version that is not there is ledger.ErrNotFound.
	Graphs func(ctx context.Context, workspace, workflowID string, version int) (*graph.Graph, error)
	// Wake tells readers that a run has new events. It must not block.
	Wake func(run string)
	Log  *slog.Logger
	// Concurrency is how many tasks may be in flight here; 0 stands for 100.
	Concurrency int
}

// Engine is one process's share of the work.
type Engine struct{}

// New joins the processes that work on the database. Run must follow.
func New(ctx context.Context, o Options) (*Engine, error) { return nil, errors.New("not yet") }

// Run works until the context ends, then hands what is left to the other processes.
func (e *Engine) Run(ctx context.Context) error { return errors.New("not yet") }

// StartRun is a run to be started.
type StartRun struct {
	ID         string // empty chooses one
	WorkflowID string
	Version    int // a published one
	Inputs     json.RawMessage
	Budget     document.Budget // the tighter of this and the document's holds
}

// Start returns after the run is committed. The same id again gives the same run.
func (e *Engine) Start(ctx context.Context, caller identity.Caller, run StartRun) (string, error) {
	return "", errors.New("not yet")
}

// Cancel ends a run with everything in it. It has no effect on an ended run.
func (e *Engine) Cancel(ctx context.Context, caller identity.Caller, runID, reason string) error {
	return errors.New("not yet")
}

// Retry takes an ended run up again from a step of its outermost graph; empty stands for what failed or was canceled.
func (e *Engine) Retry(ctx context.Context, caller identity.Caller, runID, fromStep string) error {
	return errors.New("not yet")
}

// Fork starts a new run that takes over the results before a step; an empty newID chooses one.
func (e *Engine) Fork(ctx context.Context, caller identity.Caller, runID, fromStep, newID string) (string, error) {
	return "", errors.New("not yet")
}

// Decision is what a person decided.
type Decision struct {
	Digest  string // of what was decided, as it was shown
	Status  string // approved, rejected or submitted
	Comment string
	Data    json.RawMessage // of submitted
}

// Decide records the first decision. The same decision by the same person again has no effect; another is a conflict.
func (e *Engine) Decide(ctx context.Context, caller identity.Caller, approvalID string, d Decision) error {
	return errors.New("not yet")
}
