//nolint:dupl // gRPC has types of its own for either; what they have in common is shelf
package grpcapi

import (
	"context"

	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Agents is the AgentService.
type Agents struct {
	workflowv1.UnimplementedAgentServiceServer
	shelf shelf
}

// NewAgents makes the service.
func NewAgents(s *store.Store, l *library.Library) *Agents {
	return &Agents{shelf: shelf{documents: s.Agents(), check: l.CheckAgent, list: "agents", versionList: "agent versions"}}
}

// CreateAgent keeps a new draft, and says what keeps it from being published.
func (a *Agents) CreateAgent(ctx context.Context, request *workflowv1.CreateAgentRequest) (*workflowv1.CreateAgentResponse, error) {
	created, problems, err := a.shelf.create(ctx, request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateAgentResponse{Agent: agentMessage(created), Problems: problemMessages(problems)}, nil
}

// GetAgent gives an agent with its draft.
func (a *Agents) GetAgent(ctx context.Context, request *workflowv1.GetAgentRequest) (*workflowv1.GetAgentResponse, error) {
	found, err := a.shelf.get(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetAgentResponse{Agent: agentMessage(found)}, nil
}

// ListAgents lists agents, the newest first.
func (a *Agents) ListAgents(ctx context.Context, request *workflowv1.ListAgentsRequest) (*workflowv1.ListAgentsResponse, error) {
	found, next, err := a.shelf.page(ctx, request.GetPage(), request.GetNameContains())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListAgentsResponse{Agents: messages(found, agentMessage), NextToken: next}, nil
}

// UpdateAgent replaces the draft.
func (a *Agents) UpdateAgent(ctx context.Context, request *workflowv1.UpdateAgentRequest) (*workflowv1.UpdateAgentResponse, error) {
	updated, problems, err := a.shelf.update(ctx, request.GetId(), request.GetRevision(), request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.UpdateAgentResponse{Agent: agentMessage(updated), Problems: problemMessages(problems)}, nil
}

// DeleteAgent hides an agent and its versions.
func (a *Agents) DeleteAgent(ctx context.Context, request *workflowv1.DeleteAgentRequest) (*workflowv1.DeleteAgentResponse, error) {
	if err := a.shelf.remove(ctx, request.GetId(), request.GetRevision()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteAgentResponse{}, nil
}

// ValidateAgent checks a document without keeping it.
func (a *Agents) ValidateAgent(ctx context.Context, request *workflowv1.ValidateAgentRequest) (*workflowv1.ValidateAgentResponse, error) {
	problems, err := a.shelf.validate(ctx, request.GetDocumentJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ValidateAgentResponse{Problems: problemMessages(problems)}, nil
}

// PublishAgent makes the draft the next version, if it has no problem.
func (a *Agents) PublishAgent(ctx context.Context, request *workflowv1.PublishAgentRequest) (*workflowv1.PublishAgentResponse, error) {
	published, err := a.shelf.publish(ctx, request.GetId(), request.GetRevision(), request.GetNote())
	if err != nil {
		return nil, err
	}
	return &workflowv1.PublishAgentResponse{Version: agentVersionMessage(published)}, nil
}

// GetAgentVersion gives a version with its document.
func (a *Agents) GetAgentVersion(ctx context.Context, request *workflowv1.GetAgentVersionRequest) (*workflowv1.GetAgentVersionResponse, error) {
	found, err := a.shelf.version(ctx, request.GetAgentId(), request.GetVersion())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetAgentVersionResponse{Version: agentVersionMessage(found)}, nil
}

// ListAgentVersions lists versions, the newest first.
func (a *Agents) ListAgentVersions(ctx context.Context, request *workflowv1.ListAgentVersionsRequest) (*workflowv1.ListAgentVersionsResponse, error) {
	found, next, err := a.shelf.versions(ctx, request.GetAgentId(), request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListAgentVersionsResponse{Versions: messages(found, agentVersionMessage), NextToken: next}, nil
}

// RollbackAgent publishes an earlier version's document again. What cannot run any more is not.
func (a *Agents) RollbackAgent(ctx context.Context, request *workflowv1.RollbackAgentRequest) (*workflowv1.RollbackAgentResponse, error) {
	published, err := a.shelf.rollback(ctx, request.GetId(), request.GetVersion(), request.GetNote())
	if err != nil {
		return nil, err
	}
	return &workflowv1.RollbackAgentResponse{Version: agentVersionMessage(published)}, nil
}
