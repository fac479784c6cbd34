package grpcapi

import (
	"context"
	"strconv"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	"github.com/agentteam/agentteam/internal/telemetry"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// stepList is the kind of the page tokens of ListSteps, which hold a position instead of an id.
const stepList = "steps"

// ListSteps lists steps in the order of their start. A page with large outputs is shorter than asked for.
func (r *Runs) ListSteps(ctx context.Context, request *workflowv1.ListStepsRequest) (*workflowv1.ListStepsResponse, error) {
	caller, ctx, err := existing(ctx, request.GetRunId())
	if err != nil {
		return nil, err
	}
	after, size, err := pageOf(stepList, request.GetPage())
	if err != nil {
		return nil, err
	}
	only := store.StepFilter{After: position(after)}
	if only.Statuses, err = words("statuses", stepStatusPrefix, request.GetStatuses()); err != nil {
		return nil, err
	}
	steps, more, err := r.store.Steps(ctx, caller.Workspace, request.GetRunId(), only, store.PageBounds{Rows: size, Bytes: maxPageBytes})
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.ListStepsResponse{}
	for _, step := range steps {
		answer.Steps = append(answer.Steps, stepMessage(step))
	}
	if more {
		last := strconv.FormatInt(steps[len(steps)-1].Position, 10)
		answer.NextToken = paging.Encode(paging.Cursor{Kind: stepList, ID: last})
	}
	return answer, nil
}

// position of the step that a page follows. A token that somebody made up may hold anything: it is the beginning.
func position(after paging.Cursor) int64 {
	n, _ := strconv.ParseInt(after.ID, 10, 64)
	return n
}

// existing is the caller with a run that may be there: an id of another form names none. What is logged from
// here on has the run's id.
func existing(ctx context.Context, run string) (identity.Caller, context.Context, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return caller, ctx, err
	}
	if !id.Valid(id.Run, run) {
		return caller, ctx, store.Missing("run", run)
	}
	return caller, telemetry.WithRun(ctx, run), nil
}
