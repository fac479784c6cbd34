package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// MCPServer is a server of the Model Context Protocol whose tools agents may use.
type MCPServer struct {
	ID            string            `json:"id" example:"mcp_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Name          string            `json:"name"`
	URL           string            `json:"url"`
	Credential    string            `json:"credential,omitempty" example:"crd_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Approval      string            `json:"approval" enum:"never,always,on_write"`
	ToolApprovals map[string]string `json:"tool_approvals,omitempty" doc:"By a tool's name, where it differs."`
	Tools         []MCPTool         `json:"tools,omitempty" doc:"As the server described them when it was asked last. Not in lists."`
	RefreshedAt   *time.Time        `json:"refreshed_at"`
	CreatedAt     *time.Time        `json:"created_at"`
	CreatedBy     *Actor            `json:"created_by"`
}

// MCPTool is a tool as its server described it.
type MCPTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"input_schema"`
	ReadOnly    bool            `json:"read_only"`
	Idempotent  bool            `json:"idempotent" doc:"May be called again when its first call was cut."`
}

func mcpServer(m *workflowv1.MCPServer) MCPServer {
	server := MCPServer{
		ID: m.GetId(), Name: m.GetName(), URL: m.GetUrl(), Credential: m.GetCredentialId(), Approval: word(m.GetApproval()), ToolApprovals: map[string]string{},
		RefreshedAt: moment(m.GetRefreshTime()), CreatedAt: moment(m.GetCreated().GetTime()), CreatedBy: actor(m.GetCreated()),
	}
	for tool, policy := range m.GetToolApprovals() {
		server.ToolApprovals[tool] = word(policy)
	}
	for _, t := range m.GetTools() {
		server.Tools = append(server.Tools, MCPTool{
			Name: t.GetName(), Description: t.GetDescription(), InputSchema: raw(t.GetInputSchemaJson()), ReadOnly: t.GetReadOnly(), Idempotent: t.GetIdempotent(),
		})
	}
	return server
}

// MCPServerRequest is what a server is registered with.
type MCPServerRequest struct {
	Name          string                    `json:"name" minLength:"1" maxLength:"100"`
	URL           string                    `json:"url" maxLength:"2048" doc:"Where it speaks MCP over streamable HTTP."`
	Credential    string                    `json:"credential,omitempty" maxLength:"64" doc:"Its id, if the server wants one. The server's origin must be among the credential's."`
	Approval      string                    `json:"approval,omitempty" enum:"never,always,on_write" default:"on_write" doc:"Which calls a person approves; on_write: all but of tools that only read."`
	ToolApprovals map[string]ApprovalPolicy `json:"tool_approvals,omitempty" doc:"By a tool's name, where it differs."`
}

// ApprovalPolicy is which calls a person has to approve.
type ApprovalPolicy string

func (p ApprovalPolicy) proto() workflowv1.ApprovalPolicy {
	if found := values[workflowv1.ApprovalPolicy]([]string{string(p)}); len(found) == 1 {
		return found[0]
	}
	return -1 // which the engine refuses
}

// MCPServerPath names a server.
type MCPServerPath struct {
	ID string `path:"id" maxLength:"64" example:"mcp_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

type mcpServerOutput struct {
	Location string `header:"Location" doc:"Where the new server is."`
	Body     MCPServer
}

func (s *Server) mcpServers() {
	tag := "MCP servers"
	register(s, operation{
		id: "create-mcp-server", method: http.MethodPost, path: "/v1/mcp-servers", tag: tag, summary: "Register an MCP server",
		detail: "It is asked for its tools at once: 409 if it does not answer as the protocol has it. Agents use them by tools of type mcp.",
		access: may(identity.ToolsWrite), status: http.StatusCreated, errors: []int{http.StatusNotFound}, deadline: mcpDeadline,
		example: map[string]any{"name": "Issue tracker", "url": "https://mcp.example.com/mcp", "approval": "on_write", "tool_approvals": map[string]any{"search": "never"}},
	}, s.createMCPServer)
	register(s, operation{
		id: "list-mcp-servers", method: http.MethodGet, path: "/v1/mcp-servers", tag: tag, summary: "List MCP servers, the newest first",
		access: may(identity.ToolsRead),
	}, func(ctx context.Context, in *Paging) (*listOutput[MCPServer], error) {
		answer, err := s.engine.MCPServers.ListMCPServers(ctx, &workflowv1.ListMCPServersRequest{Page: in.proto()})
		if err != nil {
			return nil, err
		}
		return listOf(answer.GetServers(), answer.GetNextToken(), mcpServer), nil
	})
	register(s, operation{
		id: "get-mcp-server", method: http.MethodGet, path: "/v1/mcp-servers/{id}", tag: tag, summary: "Get an MCP server with its tools",
		access: may(identity.ToolsRead), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *MCPServerPath) (*mcpServerOutput, error) {
		answer, err := s.engine.MCPServers.GetMCPServer(ctx, &workflowv1.GetMCPServerRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return &mcpServerOutput{Body: mcpServer(answer.GetServer())}, nil
	})
	register(s, operation{
		id: "refresh-mcp-server", method: http.MethodPost, path: "/v1/mcp-servers/{id}:refresh", tag: tag, summary: "Ask an MCP server for its tools again",
		detail: "Until then agents use those that were seen last; steps that have begun keep theirs.",
		access: may(identity.ToolsWrite), status: http.StatusOK, errors: []int{http.StatusNotFound}, deadline: mcpDeadline,
	}, func(ctx context.Context, in *MCPServerPath) (*mcpServerOutput, error) {
		answer, err := s.engine.MCPServers.RefreshMCPServer(ctx, &workflowv1.RefreshMCPServerRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return &mcpServerOutput{Body: mcpServer(answer.GetServer())}, nil
	})
	register(s, operation{
		id: "delete-mcp-server", method: http.MethodDelete, path: "/v1/mcp-servers/{id}", tag: tag, summary: "Forget an MCP server",
		detail: "Agents that name it fail from then on.",
		access: may(identity.ToolsWrite), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *MCPServerPath) (*struct{}, error) {
		_, err := s.engine.MCPServers.DeleteMCPServer(ctx, &workflowv1.DeleteMCPServerRequest{Id: in.ID})
		return nil, err
	})
}

// mcpDeadline leaves the engine time to tell that a server took too long.
const mcpDeadline = 40 * time.Second

func (s *Server) createMCPServer(ctx context.Context, in *struct{ Body MCPServerRequest }) (*mcpServerOutput, error) {
	request := &workflowv1.CreateMCPServerRequest{
		Name: in.Body.Name, Url: in.Body.URL, CredentialId: in.Body.Credential, Approval: ApprovalPolicy(in.Body.Approval).proto(),
		ToolApprovals: map[string]workflowv1.ApprovalPolicy{},
	}
	for tool, policy := range in.Body.ToolApprovals {
		request.ToolApprovals[tool] = policy.proto()
	}
	answer, err := s.engine.MCPServers.CreateMCPServer(ctx, request)
	if err != nil {
		return nil, err
	}
	made := mcpServer(answer.GetServer())
	return &mcpServerOutput{Location: "/v1/mcp-servers/" + made.ID, Body: made}, nil
}
