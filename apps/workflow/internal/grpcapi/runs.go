package grpcapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/feed"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Runner changes runs; durable.Engine is it.
type Runner interface {
	Start(ctx context.Context, caller identity.Caller, run durable.StartRun) (string, error)
	Cancel(ctx context.Context, caller identity.Caller, runID, reason string) error
	Retry(ctx context.Context, caller identity.Caller, runID, fromStep string) error
	Fork(ctx context.Context, caller identity.Caller, runID string, choice ledger.Choice, newID string) (string, error)
	Replay(ctx context.Context, caller identity.Caller, run durable.ReplayRun) (string, error)
	Decide(ctx context.Context, caller identity.Caller, approvalID string, decision durable.Decision) error
}

// Runs is the RunService: reads go to the store, changes to the runner, streams to the feed.
type Runs struct {
	workflowv1.UnimplementedRunServiceServer
	store  *store.Store
	runner Runner
	feed   *feed.Feed
}

// NewRuns makes the service.
func NewRuns(s *store.Store, runner Runner, events *feed.Feed) *Runs {
	return &Runs{store: s, runner: runner, feed: events}
}

// GetRun gives a run with its inputs and outputs.
func (r *Runs) GetRun(ctx context.Context, request *workflowv1.GetRunRequest) (*workflowv1.GetRunResponse, error) {
	run, err := r.load(ctx, request.GetId())
	return &workflowv1.GetRunResponse{Run: run}, err
}

// runList is the kind of the page tokens of ListRuns.
const runList = "runs"

// ListRuns lists runs without their inputs and outputs.
func (r *Runs) ListRuns(ctx context.Context, request *workflowv1.ListRunsRequest) (*workflowv1.ListRunsResponse, error) {
	only, err := runFilter(request)
	if err != nil {
		return nil, err
	}
	page, next, err := list[store.Run, *workflowv1.Run]{
		runList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Run, error) {
			return r.store.Runs(ctx, workspace, only, after, limit)
		},
		func(one store.Run) (time.Time, string) { return one.CreatedAt, one.ID }, runMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListRunsResponse{Runs: page, NextToken: next}, nil
}

// load is what answers every call that gives one run.
func (r *Runs) load(ctx context.Context, id string) (*workflowv1.Run, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	run, err := r.store.Run(ctx, caller.Workspace, id)
	if err != nil {
		return nil, err
	}
	return runMessage(run), nil
}

func runFilter(request *workflowv1.ListRunsRequest) (only store.RunFilter, err error) {
	only.WorkflowID = request.GetWorkflowId()
	if only.Statuses, err = words("statuses", runStatusPrefix, request.GetStatuses()); err != nil {
		return only, err
	}
	if only.CreatedAfter, err = moment("created_after", request.GetCreatedAfter()); err != nil {
		return only, err
	}
	only.CreatedBefore, err = moment("created_before", request.GetCreatedBefore())
	return only, err
}

// moment is the time of a message's field; zero if it is not set.
func moment(field string, t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, refuse(field, "invalid_format", "%s must be a time of the years 1-9999", field)
	}
	return t.AsTime(), nil
}
