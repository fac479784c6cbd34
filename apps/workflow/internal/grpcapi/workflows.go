//nolint:dupl // gRPC has types of its own for either; what they have in common is shelf
package grpcapi

import (
	"context"

	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Workflows is the WorkflowService.
type Workflows struct {
	workflowv1.UnimplementedWorkflowServiceServer
	shelf shelf
}

// NewWorkflows makes the service.
func NewWorkflows(s *store.Store, l *library.Library) *Workflows {
	return &Workflows{shelf: shelf{documents: s.Workflows(), check: l.Check, list: "workflows", versionList: "versions"}}
}

// CreateWorkflow keeps a new draft, and says what keeps it from being published.
func (w *Workflows) CreateWorkflow(ctx context.Context, request *workflowv1.CreateWorkflowRequest) (*workflowv1.CreateWorkflowResponse, error) {
	created, problems, err := w.shelf.create(ctx, request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateWorkflowResponse{Workflow: workflowMessage(created), Problems: problemMessages(problems)}, nil
}

// GetWorkflow gives a workflow with its draft.
func (w *Workflows) GetWorkflow(ctx context.Context, request *workflowv1.GetWorkflowRequest) (*workflowv1.GetWorkflowResponse, error) {
	found, err := w.shelf.get(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetWorkflowResponse{Workflow: workflowMessage(found)}, nil
}

// ListWorkflows lists workflows, the newest first.
func (w *Workflows) ListWorkflows(ctx context.Context, request *workflowv1.ListWorkflowsRequest) (*workflowv1.ListWorkflowsResponse, error) {
	found, next, err := w.shelf.page(ctx, request.GetPage(), request.GetNameContains())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListWorkflowsResponse{Workflows: messages(found, workflowMessage), NextToken: next}, nil
}

// UpdateWorkflow replaces the draft.
func (w *Workflows) UpdateWorkflow(ctx context.Context, request *workflowv1.UpdateWorkflowRequest) (*workflowv1.UpdateWorkflowResponse, error) {
	updated, problems, err := w.shelf.update(ctx, request.GetId(), request.GetRevision(), request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.UpdateWorkflowResponse{Workflow: workflowMessage(updated), Problems: problemMessages(problems)}, nil
}

// DeleteWorkflow hides a workflow and its versions.
func (w *Workflows) DeleteWorkflow(ctx context.Context, request *workflowv1.DeleteWorkflowRequest) (*workflowv1.DeleteWorkflowResponse, error) {
	if err := w.shelf.remove(ctx, request.GetId(), request.GetRevision()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteWorkflowResponse{}, nil
}

// ValidateDocument checks a document without keeping it.
func (w *Workflows) ValidateDocument(ctx context.Context, request *workflowv1.ValidateDocumentRequest) (*workflowv1.ValidateDocumentResponse, error) {
	problems, err := w.shelf.validate(ctx, request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ValidateDocumentResponse{Problems: problemMessages(problems)}, nil
}

// PublishWorkflow makes the draft the next version, if it has no problem.
func (w *Workflows) PublishWorkflow(ctx context.Context, request *workflowv1.PublishWorkflowRequest) (*workflowv1.PublishWorkflowResponse, error) {
	published, err := w.shelf.publish(ctx, request.GetId(), request.GetRevision(), request.GetNote())
	if err != nil {
		return nil, err
	}
	return &workflowv1.PublishWorkflowResponse{Version: versionMessage(published)}, nil
}

// GetVersion gives a version with its document.
func (w *Workflows) GetVersion(ctx context.Context, request *workflowv1.GetVersionRequest) (*workflowv1.GetVersionResponse, error) {
	found, err := w.shelf.version(ctx, request.GetWorkflowId(), request.GetVersion())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetVersionResponse{Version: versionMessage(found)}, nil
}

// ListVersions lists versions, the newest first.
func (w *Workflows) ListVersions(ctx context.Context, request *workflowv1.ListVersionsRequest) (*workflowv1.ListVersionsResponse, error) {
	found, next, err := w.shelf.versions(ctx, request.GetWorkflowId(), request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListVersionsResponse{Versions: messages(found, versionMessage), NextToken: next}, nil
}

// RollbackWorkflow publishes an earlier version's document again. What cannot run any more is not.
func (w *Workflows) RollbackWorkflow(ctx context.Context, request *workflowv1.RollbackWorkflowRequest) (*workflowv1.RollbackWorkflowResponse, error) {
	published, err := w.shelf.rollback(ctx, request.GetId(), request.GetVersion(), request.GetNote())
	if err != nil {
		return nil, err
	}
	return &workflowv1.RollbackWorkflowResponse{Version: versionMessage(published)}, nil
}
