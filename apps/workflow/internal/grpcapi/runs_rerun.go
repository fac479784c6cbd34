package grpcapi

import (
	"context"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// ForkRun starts a run with chosen results of another.
func (r *Runs) ForkRun(ctx context.Context, request *workflowv1.ForkRunRequest) (*workflowv1.ForkRunResponse, error) {
	choice, err := choiceOf(request)
	if err != nil {
		return nil, err
	}
	if err := checkNewID("new_id", request.GetNewId()); err != nil {
		return nil, err
	}
	caller, ctx, err := existing(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	forked, err := r.runner.Fork(ctx, caller, request.GetId(), choice, request.GetNewId())
	if err != nil {
		return nil, err
	}
	run, err := r.load(ctx, forked)
	return &workflowv1.ForkRunResponse{Run: run}, err
}

func choiceOf(request *workflowv1.ForkRunRequest) (ledger.Choice, error) {
	choice := ledger.Choice{From: request.GetFromStep(), Reuse: request.GetReuse()}
	if choice.From == "" && len(choice.Reuse) == 0 {
		return choice, refuse("from_step", problem.CodeMissingField, "from_step must name the step that the new run begins at, or reuse the steps whose results it takes over")
	}
	if len(choice.Reuse) > document.MaxNodes {
		return choice, refuse("reuse", problem.CodeTooLarge, "reuse has at most %d steps, got %d", document.MaxNodes, len(choice.Reuse))
	}
	for _, name := range choice.Reuse {
		if name == "" {
			return choice, refuse("reuse", problem.CodeMissingField, "reuse must name steps, got an empty name")
		}
		if err := text("reuse", name, maxPath); err != nil {
			return choice, err
		}
	}
	return choice, text("from_step", choice.From, maxPath)
}

// ReplayRun starts a run whose calls are answered from what another recorded.
func (r *Runs) ReplayRun(ctx context.Context, request *workflowv1.ReplayRunRequest) (*workflowv1.ReplayRunResponse, error) {
	if request.GetVersion() < 0 {
		return nil, refuse("version", problem.CodeOutOfRange, "version must be 1 or more, or 0 for the newest, got %d", request.GetVersion())
	}
	if err := checkNewID("new_id", request.GetNewId()); err != nil {
		return nil, err
	}
	caller, ctx, err := existing(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	source, err := r.store.Run(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	newest, err := r.store.Runnable(source.WorkflowID).PublishedVersion(ctx, caller.Workspace, source.WorkflowID)
	if err != nil {
		return nil, err
	}
	replay := durable.ReplayRun{ID: request.GetNewId(), Source: source.ID, Version: int(request.GetVersion()), Live: request.GetLiveMissing()}
	if replay.Version == 0 {
		replay.Version = newest
	}
	started, err := r.runner.Replay(ctx, caller, replay)
	if err != nil {
		return nil, err
	}
	run, err := r.load(ctx, started)
	return &workflowv1.ReplayRunResponse{Run: run}, err
}

// CompareReplay tells in what a replay is other than the run that it replays, as far as it has come.
func (r *Runs) CompareReplay(ctx context.Context, request *workflowv1.CompareReplayRequest) (*workflowv1.CompareReplayResponse, error) {
	caller, ctx, err := existing(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	replay, err := r.store.Run(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	if replay.ReplayOf == "" {
		return nil, fmt.Errorf("run %s replays no other run: %w", replay.ID, store.ErrConflict)
	}
	original, err := r.store.Run(ctx, caller.Workspace, replay.ReplayOf)
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.CompareReplayResponse{}
	if answer.Outputs, answer.PatchJson, err = alike(original.Outputs, replay.Outputs); err != nil {
		return nil, err
	}
	calls, counts, err := r.store.CompareCalls(ctx, caller.Workspace, replay.ID, original.ID)
	if err != nil {
		return nil, err
	}
	for _, call := range calls {
		answer.Calls = append(answer.Calls, comparedMessage(call))
	}
	answer.SameCalls, answer.DifferentCalls, answer.NewCalls, answer.MissingCalls = counts["same"], counts["different"], counts["new"], counts["missing"]
	original.Inputs, original.Outputs, replay.Inputs, replay.Outputs = "", "", "", "" // as in lists: who wants them has the ids
	answer.Replay, answer.Original = runMessage(replay), runMessage(original)
	return answer, nil
}

// alike compares outputs, of which there may be none.
func alike(original, replay string) (workflowv1.Likeness, string, error) {
	switch {
	case original == "" && replay == "":
		return workflowv1.Likeness_LIKENESS_SAME, "", nil
	case replay == "":
		return workflowv1.Likeness_LIKENESS_MISSING, "", nil
	case original == "":
		return workflowv1.Likeness_LIKENESS_NEW, "", nil
	}
	patch, err := jsontree.Patch(original, replay)
	if err != nil || string(patch) == "[]" {
		return workflowv1.Likeness_LIKENESS_SAME, "", err
	}
	return workflowv1.Likeness_LIKENESS_DIFFERENT, string(patch), nil
}

func comparedMessage(c store.ComparedCall) *workflowv1.ComparedCall {
	return &workflowv1.ComparedCall{
		Step: c.Step, Attempt: c.Attempt, Number: c.Number, Kind: c.Kind, Name: c.Name, Replayed: c.Replayed,
		Likeness: workflowv1.Likeness(number(workflowv1.Likeness_value, likenessPrefix, c.Likeness)),
	}
}
