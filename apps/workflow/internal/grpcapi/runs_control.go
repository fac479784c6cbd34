package grpcapi

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Bounds of what people write and of what a run is given.
const (
	maxReason = 2_000 // characters
	maxPath   = 1_000
	maxValue  = 1 << 20 // bytes of JSON
)

// StartRun answers after the run is committed.
func (r *Runs) StartRun(ctx context.Context, request *workflowv1.StartRunRequest) (*workflowv1.StartRunResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	start, err := startOf(request)
	if err != nil {
		return nil, err
	}
	// Also when the version is named: what is deleted has versions, for the runs that go on, and starts none.
	newest, err := r.store.Runnable(start.WorkflowID).PublishedVersion(ctx, caller.Workspace, start.WorkflowID)
	if err != nil {
		return nil, err
	}
	if start.Version == 0 {
		start.Version = newest
	}
	started, err := r.runner.Start(ctx, caller, start)
	if err != nil {
		return nil, err
	}
	run, err := r.load(ctx, started)
	return &workflowv1.StartRunResponse{Run: run}, err
}

func startOf(request *workflowv1.StartRunRequest) (start durable.StartRun, err error) {
	if err := checkNewID("id", request.GetId()); err != nil {
		return start, err
	}
	if request.GetVersion() < 0 {
		return start, refuse("version", "out_of_range", "version must be 1 or more, or 0 for the newest, got %d", request.GetVersion())
	}
	inputs, err := value("inputs_json", request.GetInputsJson())
	if err != nil {
		return start, err
	}
	if inputs == nil {
		inputs = json.RawMessage(`{}`)
	}
	if start.Thread, start.Policy, err = threadOf(request); err != nil {
		return start, err
	}
	start.ID, start.WorkflowID, start.Version, start.Inputs = request.GetId(), request.GetWorkflowId(), int(request.GetVersion()), inputs
	start.Budget, err = budgetOf(request.GetBudget())
	return start, err
}

// threadOf is the thread that a run is to be of, and what becomes of it there.
func threadOf(request *workflowv1.StartRunRequest) (thread string, policy ledger.ThreadPolicy, err error) {
	if request.GetThreadPolicy() != workflowv1.ThreadPolicy_THREAD_POLICY_UNSPECIFIED {
		chosen, err := words("thread_policy", threadPolicyPrefix, []workflowv1.ThreadPolicy{request.GetThreadPolicy()})
		if err != nil {
			return "", "", err
		}
		policy = ledger.ThreadPolicy(chosen[0])
	}
	thread = request.GetThreadId()
	if thread != "" && !id.Valid(id.Thread, thread) {
		return "", "", store.Missing("thread", thread)
	}
	return thread, policy, nil
}

// CancelRun ends a run.
func (r *Runs) CancelRun(ctx context.Context, request *workflowv1.CancelRunRequest) (*workflowv1.CancelRunResponse, error) {
	if err := text("reason", request.GetReason(), maxReason); err != nil {
		return nil, err
	}
	caller, ctx, err := existing(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	if err := r.runner.Cancel(ctx, caller, request.GetId(), request.GetReason()); err != nil {
		return nil, err
	}
	run, err := r.load(ctx, request.GetId())
	return &workflowv1.CancelRunResponse{Run: run}, err
}

// RetryRun takes an ended run up again.
func (r *Runs) RetryRun(ctx context.Context, request *workflowv1.RetryRunRequest) (*workflowv1.RetryRunResponse, error) {
	if err := text("from_step", request.GetFromStep(), maxPath); err != nil {
		return nil, err
	}
	caller, ctx, err := existing(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	if err := r.runner.Retry(ctx, caller, request.GetId(), request.GetFromStep()); err != nil {
		return nil, err
	}
	run, err := r.load(ctx, request.GetId())
	return &workflowv1.RetryRunResponse{Run: run}, err
}

// checkNewID checks an id that the caller chose, which may be empty.
func checkNewID(field, name string) error {
	if name != "" && !id.Valid(id.Run, name) {
		return refuse(field, "invalid_format", "%s must be a run's id or empty, such as %s", field, id.New(id.Run))
	}
	return nil
}

func budgetOf(b *workflowv1.Budget) (document.Budget, error) {
	for field, bound := range map[string]int64{
		"budget.cost_micro_usd": b.GetCostMicroUsd(), "budget.tokens": b.GetTokens(), "budget.steps": b.GetSteps(), "budget.tool_calls": b.GetToolCalls(),
	} {
		if bound < 0 {
			return document.Budget{}, refuse(field, "out_of_range", "%s must be 0, for no bound, or more, got %d", field, bound)
		}
	}
	return document.Budget{CostMicroUSD: b.GetCostMicroUsd(), Tokens: b.GetTokens(), Steps: b.GetSteps(), ToolCalls: b.GetToolCalls()}, nil
}

// value checks a JSON value; nil if there is none.
func value(field, text string) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxValue {
		return nil, refuse(field, "too_large", "%s has at most %d bytes, got %d", field, maxValue, len(text))
	}
	if !json.Valid([]byte(text)) {
		return nil, refuse(field, "invalid_json", "%s is not JSON", field)
	}
	return json.RawMessage(text), nil
}

func text(field, words string, most int) error {
	if n := utf8.RuneCountInString(words); n > most {
		return refuse(field, "too_large", "%s has at most %d characters, got %d", field, most, n)
	}
	if strings.ContainsRune(words, 0) {
		return refuse(field, "invalid_format", "%s must not hold the character NUL, which PostgreSQL cannot keep", field)
	}
	return nil
}
