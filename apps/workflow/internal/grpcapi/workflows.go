package grpcapi

import (
	"context"

	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Workflows is the WorkflowService.
type Workflows struct {
	workflowv1.UnimplementedWorkflowServiceServer
	store   *store.Store
	library *library.Library
}

// NewWorkflows makes the service.
func NewWorkflows(s *store.Store, l *library.Library) *Workflows {
	return &Workflows{store: s, library: l}
}

// CreateWorkflow keeps a new draft, and says what keeps it from being published.
func (w *Workflows) CreateWorkflow(ctx context.Context, request *workflowv1.CreateWorkflowRequest) (*workflowv1.CreateWorkflowResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	draft, problems, err := w.draft(ctx, caller, request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	created, err := w.store.CreateWorkflow(ctx, caller.Workspace, draft)
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateWorkflowResponse{Workflow: workflowMessage(created), Problems: problemMessages(problems)}, nil
}

// GetWorkflow gives a workflow with its draft.
func (w *Workflows) GetWorkflow(ctx context.Context, request *workflowv1.GetWorkflowRequest) (*workflowv1.GetWorkflowResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := w.store.Workflow(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetWorkflowResponse{Workflow: workflowMessage(found)}, nil
}

// workflowList is the kind of the page tokens of ListWorkflows.
const workflowList = "workflows"

// ListWorkflows lists workflows, the newest first.
func (w *Workflows) ListWorkflows(ctx context.Context, request *workflowv1.ListWorkflowsRequest) (*workflowv1.ListWorkflowsResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	after, size, err := pageOf(workflowList, request.GetPage())
	if err != nil {
		return nil, err
	}
	if err := text("name_contains", request.GetNameContains(), maxName); err != nil {
		return nil, err
	}
	found, err := w.store.Workflows(ctx, caller.Workspace, request.GetNameContains(), after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.ListWorkflowsResponse{}
	for _, workflow := range found[:min(size, len(found))] {
		answer.Workflows = append(answer.Workflows, workflowMessage(workflow))
	}
	if len(found) > size {
		last := found[size-1]
		answer.NextToken = paging.Encode(paging.Cursor{Kind: workflowList, Time: last.CreatedAt, ID: last.ID})
	}
	return answer, nil
}

// UpdateWorkflow replaces the draft.
func (w *Workflows) UpdateWorkflow(ctx context.Context, request *workflowv1.UpdateWorkflowRequest) (*workflowv1.UpdateWorkflowResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return nil, err
	}
	draft, problems, err := w.draft(ctx, caller, request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	updated, err := w.store.UpdateWorkflow(ctx, caller.Workspace, request.GetId(), request.GetRevision(), draft)
	if err != nil {
		return nil, err
	}
	return &workflowv1.UpdateWorkflowResponse{Workflow: workflowMessage(updated), Problems: problemMessages(problems)}, nil
}

// DeleteWorkflow hides a workflow and its versions.
func (w *Workflows) DeleteWorkflow(ctx context.Context, request *workflowv1.DeleteWorkflowRequest) (*workflowv1.DeleteWorkflowResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return nil, err
	}
	if err := w.store.DeleteWorkflow(ctx, caller.Workspace, request.GetId(), request.GetRevision()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteWorkflowResponse{}, nil
}

// ValidateDocument checks a document without keeping it.
func (w *Workflows) ValidateDocument(ctx context.Context, request *workflowv1.ValidateDocumentRequest) (*workflowv1.ValidateDocumentResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	_, problems := w.library.Check(ctx, caller.Workspace, request.GetDocumentJson())
	return &workflowv1.ValidateDocumentResponse{Problems: problemMessages(problems)}, nil
}

// draft is what is kept of a document, and what keeps it from being published.
func (w *Workflows) draft(ctx context.Context, caller identity.Caller, document string) (store.Draft, []problem.Problem, error) {
	_, problems := w.library.Check(ctx, caller.Workspace, document)
	if err := keepable(document, problems); err != nil {
		return store.Draft{}, nil, err
	}
	name, description := titles(document)
	return store.Draft{Document: document, Name: name, Description: description, By: store.ActorOf(caller)}, problems, nil
}

func checkRevision(revision int64) error {
	if revision < 0 {
		return refuse("revision", problem.CodeOutOfRange, "revision must be 0, for whichever there is, or more, got %d", revision)
	}
	return nil
}
