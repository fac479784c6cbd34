package evaluation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/directcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
)

const (
	pollInterval = 500 * time.Millisecond
	settleLimit  = 10 * time.Second
	judgeLimit   = 2 * time.Minute // less than a claim lasts
	atOnce       = 20              // cases that one process works on
)

// Runner starts runs; durable.Engine is it.
type Runner interface {
	Start(ctx context.Context, caller identity.Caller, run durable.StartRun) (string, error)
}

// Keeper carries evaluations out: it starts the runs of their cases and judges what they gave. All processes do, each of them the cases that
// it has claimed; those of a process that died are claimed anew.
type Keeper struct {
	store  *store.Store
	runner Runner
	models *directcall.Models
	log    *slog.Logger
}

// NewKeeper makes a keeper. Run must follow.
func NewKeeper(s *store.Store, runner Runner, models *directcall.Models, log *slog.Logger) *Keeper {
	return &Keeper{store: s, runner: runner, models: models, log: log}
}

// Run works until the context ends.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	slots := make(chan struct{}, atOnce)
	var work sync.WaitGroup
	defer work.Wait()
	for ctx.Err() == nil {
		if err := k.round(ctx, slots, &work); err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "cannot look after evaluations", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// round claims as many cases as there is room for.
func (k *Keeper) round(ctx context.Context, slots chan struct{}, work *sync.WaitGroup) error {
	underWay, err := k.store.EvaluationsUnderWay(ctx)
	if err != nil {
		return err
	}
	for _, e := range underWay {
		room := cap(slots) - len(slots)
		if room == 0 {
			return nil
		}
		claimed, err := k.store.ClaimCases(ctx, e.Workspace, e.ID, room)
		if err != nil {
			return err
		}
		for _, c := range claimed {
			slots <- struct{}{}
			work.Go(func() {
				defer func() { <-slots }()
				k.advance(ctx, c)
			})
		}
	}
	return nil
}

// advance starts a case's run, or judges what it gave. What does not work for now is tried again after a while.
func (k *Keeper) advance(ctx context.Context, c store.ClaimedCase) {
	verdict, err := k.work(ctx, c)
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer cancel()
	switch {
	case err == nil && verdict == nil:
		err = k.store.ReleaseCase(settling, c, 0)
	case err == nil:
		err = k.store.EndCase(settling, c, verdict.Passed, verdict.Score, verdict.Reason)
	default:
		const later = 5 * time.Second
		err = errors.Join(err, k.store.ReleaseCase(settling, c, later))
	}
	if err != nil && ctx.Err() == nil {
		k.log.WarnContext(ctx, "a case of an evaluation has to wait", "evaluation_run", c.EvaluationRun, "case", c.Name, "error", err)
	}
}

// work gives a verdict, or none as long as the case's run goes on.
func (k *Keeper) work(ctx context.Context, c store.ClaimedCase) (*Verdict, error) {
	run, err := k.store.Run(ctx, c.Workspace, c.RunID)
	if errors.Is(err, store.ErrNotFound) {
		return k.start(ctx, c)
	}
	if err != nil || run.EndedAt == nil {
		return nil, err
	}
	if run.Status != string(ledger.Completed) {
		reason := "the run is " + run.Status
		if run.Failure != nil {
			reason += ": " + run.Failure.Message
		}
		return new(failed("%s", excerpt(reason))), nil
	}
	return k.judged(ctx, c, run)
}

func (k *Keeper) judged(ctx context.Context, c store.ClaimedCase, run store.Run) (*Verdict, error) {
	var e Expectation
	if err := json.Unmarshal([]byte(c.Expect), &e); err != nil {
		return new(failed("the expectation cannot be read: %v", err)), nil
	}
	inputs, outputs := json.RawMessage(run.Inputs), json.RawMessage(run.Outputs)
	if len(outputs) == 0 {
		outputs = json.RawMessage("null")
	}
	if e.Type != Judge {
		return new(compare(e, inputs, outputs)), nil
	}
	ctx, cancel := context.WithTimeout(ctx, judgeLimit)
	defer cancel()
	account := &directcall.Account{Workspace: c.Workspace, By: c.By, Purpose: directcall.Judge}
	verdict, err := judge(ctx, k.models, account, e, inputs, outputs)
	if failure, ok := errors.AsType[*node.Failure](err); ok && !errors.Is(ctx.Err(), context.Canceled) {
		return new(failed("the judge could not be asked: %s", excerpt(failure.Message))), nil
	}
	return &verdict, err
}

// start starts the case's run, as whoever started the evaluation. What is wrong with the case is its verdict.
func (k *Keeper) start(ctx context.Context, c store.ClaimedCase) (*Verdict, error) {
	caller := identity.Caller{Workspace: c.Workspace, Subject: c.By.Subject, Kind: c.By.Kind}
	_, err := k.runner.Start(ctx, caller, durable.StartRun{
		ID: c.RunID, WorkflowID: c.WorkflowID, Version: int(c.Version), Inputs: json.RawMessage(c.Inputs),
		Budget: document.Budget{CostMicroUSD: c.Budget.Cost, Tokens: c.Budget.Tokens, Steps: c.Budget.Steps, ToolCalls: c.Budget.ToolCalls},
	})
	if invalid, ok := errors.AsType[*ledger.Invalid](err); ok || errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrConflict) {
		if ok {
			err = invalid
		}
		return new(failed("the run cannot be started: %s", excerpt(err.Error()))), nil
	}
	return nil, err
}
