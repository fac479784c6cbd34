package grpcapi

import (
	"context"
	"errors"
	"strconv"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	maxNote      = 1_000 // characters
	publishTries = 3     // of a draft that others change at the same time
)

// PublishWorkflow makes the draft the next version, if it has no problem.
func (w *Workflows) PublishWorkflow(ctx context.Context, request *workflowv1.PublishWorkflowRequest) (*workflowv1.PublishWorkflowResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return nil, err
	}
	if err := text("note", request.GetNote(), maxNote); err != nil {
		return nil, err
	}
	var v store.Version
	for range publishTries {
		v, err = w.publish(ctx, caller, request)
		if !errors.Is(err, store.ErrStale) || request.GetRevision() != store.AnyRevision {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return &workflowv1.PublishWorkflowResponse{Version: versionMessage(v)}, nil
}

// publish names the revision that it checked, so that no other is published.
func (w *Workflows) publish(ctx context.Context, caller identity.Caller, request *workflowv1.PublishWorkflowRequest) (store.Version, error) {
	draft, err := w.store.Workflow(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return store.Version{}, err
	}
	revision := draft.Revision
	if wanted := request.GetRevision(); wanted != store.AnyRevision && wanted != revision {
		revision = wanted // the store says what is wrong with it
	} else if _, problems := w.library.Check(ctx, caller.Workspace, draft.Document); len(problems) > 0 {
		return store.Version{}, unfit("the draft", problems)
	}
	return w.store.Publish(ctx, caller.Workspace, request.GetId(), revision, request.GetNote(), store.ActorOf(caller))
}

// GetVersion gives a version with its document.
func (w *Workflows) GetVersion(ctx context.Context, request *workflowv1.GetVersionRequest) (*workflowv1.GetVersionResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if request.GetVersion() < 0 {
		return nil, refuse("version", problem.CodeOutOfRange, "version must be 1 or more, or 0 for the newest, got %d", request.GetVersion())
	}
	v, err := w.store.Version(ctx, caller.Workspace, request.GetWorkflowId(), request.GetVersion())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetVersionResponse{Version: versionMessage(v)}, nil
}

// versionList is the kind of the page tokens of ListVersions, which hold a number instead of an id.
const versionList = "versions"

// ListVersions lists versions, the newest first.
func (w *Workflows) ListVersions(ctx context.Context, request *workflowv1.ListVersionsRequest) (*workflowv1.ListVersionsResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	after, size, err := pageOf(versionList, request.GetPage())
	if err != nil {
		return nil, err
	}
	below, _ := strconv.ParseInt(after.ID, 10, 32) // a token that somebody made up is the beginning
	found, err := w.store.Versions(ctx, caller.Workspace, request.GetWorkflowId(), int32(below), size+1)
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.ListVersionsResponse{}
	for _, v := range found[:min(size, len(found))] {
		answer.Versions = append(answer.Versions, versionMessage(v))
	}
	if len(found) > size {
		last := found[size-1]
		answer.NextToken = paging.Encode(paging.Cursor{Kind: versionList, Time: last.PublishedAt, ID: strconv.Itoa(int(last.Version))})
	}
	return answer, nil
}

// RollbackWorkflow publishes an earlier version's document again. What cannot run any more is not.
func (w *Workflows) RollbackWorkflow(ctx context.Context, request *workflowv1.RollbackWorkflowRequest) (*workflowv1.RollbackWorkflowResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := text("note", request.GetNote(), maxNote); err != nil {
		return nil, err
	}
	if request.GetVersion() < 1 {
		return nil, refuse("version", problem.CodeOutOfRange, "version must be that of an earlier version, 1 or more, got %d", request.GetVersion())
	}
	earlier, err := w.store.Version(ctx, caller.Workspace, request.GetId(), request.GetVersion())
	if err != nil {
		return nil, err
	}
	if _, problems := w.library.Check(ctx, caller.Workspace, earlier.Document); len(problems) > 0 {
		return nil, unfit("that version", problems)
	}
	name, description := titles(earlier.Document)
	v, err := w.store.Rollback(ctx, caller.Workspace, request.GetId(), request.GetVersion(), name, description, request.GetNote(), store.ActorOf(caller))
	if err != nil {
		return nil, err
	}
	return &workflowv1.RollbackWorkflowResponse{Version: versionMessage(v)}, nil
}
