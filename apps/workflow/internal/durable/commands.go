package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/trigger"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// The commands.
const (
	doCreate  = "create"
	doCancel  = "cancel"
	doRetry   = "retry"
	doFork    = "fork"
	doReplay  = "replay"
	doDecide  = "decide"
	doTick    = "tick"
	doDeliver = "deliver"
)

// command is a change of a run that somebody asked for. It is a DBOS workflow, so that what follows from its
// transaction is carried out even if this process dies right after the commit.
type command struct {
	Do        string            `json:"do"`
	Workspace string            `json:"workspace"`
	Run       string            `json:"run"`
	Version   ledger.Version    `json:"version"`
	New       ledger.New        `json:"new"`
	From      string            `json:"from,omitempty"`
	Reuse     []string          `json:"reuse,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Decision  *ledger.Decision  `json:"decision,omitempty"`
	Tick      *trigger.Tick     `json:"tick,omitempty"`
	Delivery  *trigger.Delivery `json:"delivery,omitempty"`
	By        ledger.Actor      `json:"by"`
	Trace     string            `json:"trace,omitempty"` // of the request; what follows goes on with it
	fresh     bool              // this process has just accepted it; after a crash it is not
}

// answer is what the transaction of a command gave.
type answer struct {
	outcome ledger.Outcome
	err     error
}

// command is the DBOS workflow of a command.
func (e *Engine) command(ctx dbos.Context, c command) (_ string, err error) {
	defer e.flying(ctx)()
	current := ledger.Task{Workspace: c.Workspace, Run: c.Run}
	committed := false
	defer func() {
		if panicked := recover(); panicked != nil {
			err = e.panicked(ctx, "command "+c.Do, panicked)
		}
		if !committed {
			e.tell(ctx, answer{err: err})
		} else if err != nil {
			err = e.lost(ctx, current, err)
		}
	}()
	plan, err := e.plan(ctx, c.Workspace, c.Version)
	if err != nil {
		return "", err
	}
	j, err := e.journal(ctx, c.fresh)
	if err != nil {
		return "", err
	}
	var beside []ledger.Outcome
	outcome, err := e.change(ctx, j, c.Do, func() bool { return !e.room() }, func(ctx context.Context, tx *ledger.Tx) (outcome ledger.Outcome, err error) {
		outcome, beside, err = c.apply(ctx, tx, plan)
		return outcome, err
	})
	if err != nil {
		return "", err
	}
	committed = true
	for _, other := range beside {
		e.noticed(ctx, other)
	}
	e.tell(ctx, answer{outcome: outcome})
	next, goesOn, err := e.handOn(ctx, outcome, c.Trace)
	if err != nil || !goesOn {
		return "", err
	}
	current = next
	return "", e.follow(ctx, j, &current)
}

// apply gives the outcome of the command's run, and those of other runs that it changed.
func (c command) apply(ctx context.Context, tx *ledger.Tx, plan ledger.Plan) (outcome ledger.Outcome, beside []ledger.Outcome, err error) {
	switch c.Do {
	case doCreate, doReplay:
		outcome, err = ledger.Create(ctx, tx, plan, c.New)
	case doCancel:
		outcome, err = ledger.Cancel(ctx, tx, plan, c.Workspace, c.Run, c.Reason, c.By)
	case doRetry:
		outcome, err = ledger.Retry(ctx, tx, plan, c.Workspace, c.Run, c.From, c.By)
	case doFork:
		outcome, err = ledger.Fork(ctx, tx, plan, c.Run, ledger.Choice{From: c.From, Reuse: c.Reuse}, c.New)
	case doDecide:
		outcome, err = ledger.Decide(ctx, tx, plan, c.Workspace, c.Run, *c.Decision)
	case doDeliver:
		outcome, err = trigger.Deliver(ctx, tx, plan, c.New, *c.Delivery)
	case doTick:
		var result trigger.Result
		result, err = trigger.Fire(ctx, tx, plan, c.Workspace, c.Run, *c.Tick)
		outcome, beside = result.Started, result.Canceled
	default:
		err = fmt.Errorf("there is no command %q", c.Do)
	}
	return outcome, beside, err
}

// tell answers who waits for the command here; after a crash nobody does.
func (e *Engine) tell(ctx dbos.Context, a answer) {
	own, err := dbos.GetWorkflowID(ctx)
	if err != nil {
		return
	}
	waiting, found := e.waiting.LoadAndDelete(own)
	if answers, ok := waiting.(chan answer); found && ok {
		answers <- a
	}
}

// do carries a command out and returns when its transaction has committed, or the context ends: then it may still be carried out.
func (e *Engine) do(ctx context.Context, c command) (ledger.Outcome, error) {
	own := c.Run + "/" + c.Do + "/" + uuid.NewString()
	c.Trace, c.fresh = telemetry.Carrier(ctx), true
	waiting := make(chan answer, 2)
	e.waiting.Store(own, waiting)
	defer e.waiting.Delete(own)
	go func() {
		// Not under the caller's context: its deadline would become the workflow's.
		if _, err := dbos.RunWorkflow(e.root, e.command, c, dbos.WithWorkflowID(own)); err != nil {
			waiting <- answer{err: err}
		}
	}()
	select {
	case a := <-waiting:
		return a.outcome, a.err
	case <-ctx.Done():
		return ledger.Outcome{}, ctx.Err()
	}
}

// StartRun is a run to be started.
type StartRun struct {
	ID         string // empty chooses one
	WorkflowID string
	Version    int // a published one
	Inputs     json.RawMessage
	Budget     document.Budget // the tighter of this and the document's holds
	Thread     string          // the thread that the run is of; empty: none
	Policy     ledger.ThreadPolicy
}

// Start returns after the run is committed. The same id again gives the same run.
func (e *Engine) Start(ctx context.Context, caller identity.Caller, run StartRun) (string, error) {
	if run.ID == "" {
		run.ID = id.New(id.Run)
	}
	if err := validRun(run.ID); err != nil {
		return "", err
	}
	c := e.commandOf(caller, doCreate, run.ID, ledger.Version{Workflow: run.WorkflowID, Number: run.Version})
	plan, err := e.plan(ctx, c.Workspace, c.Version)
	if err != nil {
		return "", err
	}
	if _, err := ledger.CheckInputs(plan, run.Inputs); err != nil {
		return "", err
	}
	c.New = ledger.New{ID: run.ID, Workspace: c.Workspace, Inputs: run.Inputs, Budget: run.Budget, By: c.By, Thread: run.Thread, Policy: run.Policy}
	outcome, err := e.do(ctx, c)
	return outcome.Run, err
}

// Cancel ends a run with everything in it. It has no effect on an ended run.
func (e *Engine) Cancel(ctx context.Context, caller identity.Caller, runID, reason string) error {
	version, err := e.versionOf(ctx, caller.Workspace, runID)
	if err != nil {
		return err
	}
	c := e.commandOf(caller, doCancel, runID, version)
	c.Reason = reason
	_, err = e.do(ctx, c)
	return err
}

// Retry takes an ended run up again from a step of its outermost graph; empty stands for what failed or was canceled.
func (e *Engine) Retry(ctx context.Context, caller identity.Caller, runID, fromStep string) error {
	version, err := e.versionOf(ctx, caller.Workspace, runID)
	if err != nil {
		return err
	}
	c := e.commandOf(caller, doRetry, runID, version)
	c.From = fromStep
	_, err = e.do(ctx, c)
	return err
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
	var runID string
	var version ledger.Version
	err := database.InWorkspace(ctx, e.pool, caller.Workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT r.id, r.workflow_id, r.version FROM approvals a JOIN runs r ON r.id = a.run_id WHERE a.id = $1`, approvalID).
			Scan(&runID, &version.Workflow, &version.Number)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("approval %s: %w", approvalID, ledger.ErrNotFound)
	}
	if err != nil {
		return err
	}
	c := e.commandOf(caller, doDecide, runID, version)
	c.Decision = &ledger.Decision{Approval: approvalID, Digest: d.Digest, Status: d.Status, Comment: d.Comment, Data: d.Data, By: c.By}
	_, err = e.do(ctx, c)
	return err
}

func (e *Engine) commandOf(caller identity.Caller, do, run string, version ledger.Version) command {
	return command{Do: do, Workspace: caller.Workspace, Run: run, Version: version, By: ledger.Actor{Subject: caller.Subject, Kind: caller.Kind}}
}

func (e *Engine) versionOf(ctx context.Context, workspace, run string) (ledger.Version, error) {
	var version ledger.Version
	err := database.InWorkspace(ctx, e.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT workflow_id, version FROM runs WHERE id = $1`, run).Scan(&version.Workflow, &version.Number)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return version, fmt.Errorf("run %s: %w", run, ledger.ErrNotFound)
	}
	return version, err
}

func validRun(run string) error {
	if id.Valid(id.Run, run) {
		return nil
	}
	return &ledger.Invalid{Problems: []problem.Problem{problem.Format("/id", problem.CodeInvalidFormat,
		"a run's id is run_ and 26 characters of a UUIDv7 in base32hex, got %.60q; leave it out to have one chosen", run)}}
}
