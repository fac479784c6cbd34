package grpcapi

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/workflow/internal/mcptool"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// MCPServers is the MCPServerService.
type MCPServers struct {
	workflowv1.UnimplementedMCPServerServiceServer
	store     *store.Store
	connector *mcptool.Connector
}

// NewMCPServers makes the service.
func NewMCPServers(s *store.Store, connector *mcptool.Connector) *MCPServers {
	return &MCPServers{store: s, connector: connector}
}

// CreateMCPServer keeps a server that has told its tools.
func (m *MCPServers) CreateMCPServer(ctx context.Context, request *workflowv1.CreateMCPServerRequest) (*workflowv1.CreateMCPServerResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := m.wanted(ctx, caller.Workspace, request)
	if err != nil {
		return nil, err
	}
	if wanted.Tools, err = m.ask(ctx, caller.Workspace, wanted); err != nil {
		return nil, err
	}
	wanted.CreatedBy = store.ActorOf(caller)
	created, err := m.store.CreateMCPServer(ctx, caller.Workspace, wanted)
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateMCPServerResponse{Server: mcpServerMessage(created)}, nil
}

// GetMCPServer gives one server with its tools.
func (m *MCPServers) GetMCPServer(ctx context.Context, request *workflowv1.GetMCPServerRequest) (*workflowv1.GetMCPServerResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := m.store.MCPServer(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetMCPServerResponse{Server: mcpServerMessage(found)}, nil
}

// mcpServerList is the kind of the page tokens of ListMCPServers.
const mcpServerList = "mcp-servers"

// ListMCPServers lists servers, the newest first.
func (m *MCPServers) ListMCPServers(ctx context.Context, request *workflowv1.ListMCPServersRequest) (*workflowv1.ListMCPServersResponse, error) {
	page, next, err := list[store.MCPServer, *workflowv1.MCPServer]{
		mcpServerList, m.store.MCPServers,
		func(one store.MCPServer) (time.Time, string) { return one.CreatedAt, one.ID }, mcpServerMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListMCPServersResponse{Servers: page, NextToken: next}, nil
}

// RefreshMCPServer asks for the tools again.
func (m *MCPServers) RefreshMCPServer(ctx context.Context, request *workflowv1.RefreshMCPServerRequest) (*workflowv1.RefreshMCPServerResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	known, err := m.store.MCPServer(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	tools, err := m.ask(ctx, caller.Workspace, known)
	if err != nil {
		return nil, err
	}
	refreshed, err := m.store.RefreshMCPServer(ctx, caller.Workspace, known.ID, tools)
	if err != nil {
		return nil, err
	}
	return &workflowv1.RefreshMCPServerResponse{Server: mcpServerMessage(refreshed)}, nil
}

// DeleteMCPServer forgets a server.
func (m *MCPServers) DeleteMCPServer(ctx context.Context, request *workflowv1.DeleteMCPServerRequest) (*workflowv1.DeleteMCPServerResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &workflowv1.DeleteMCPServerResponse{}, m.store.DeleteMCPServer(ctx, caller.Workspace, request.GetId())
}

// ask gets the tools from the server itself.
func (m *MCPServers) ask(ctx context.Context, workspace string, server store.MCPServer) ([]store.MCPTool, error) {
	tools, failure := m.connector.Tools(ctx, workspace, server)
	if failure != nil {
		return nil, status.Error(codes.FailedPrecondition, failure.Message)
	}
	return tools, nil
}
