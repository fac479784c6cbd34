package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// The policies of approval: which calls of a tool a person has to approve.
const (
	ApproveNever   = "never"
	ApproveAlways  = "always"
	ApproveOnWrite = "on_write" // all but of tools that say that they only read
)

// MCPServer is a server of the Model Context Protocol. Tools are empty in lists.
type MCPServer struct {
	ID, Name, URL string
	Credential    string // its id; empty: none
	Approval      string
	ToolApprovals map[string]string // by a tool's name, where it differs
	Tools         []MCPTool
	RefreshedAt   time.Time
	CreatedBy     Actor
	CreatedAt     time.Time
}

// MCPTool is a tool as its server described it.
type MCPTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema"`
	ReadOnly    bool            `json:"read_only,omitempty"`
	Idempotent  bool            `json:"idempotent,omitempty"`
}

// NeedsApproval says whether a person has to approve the calls of a tool.
func (m *MCPServer) NeedsApproval(tool MCPTool) bool {
	policy, own := m.ToolApprovals[tool.Name]
	if !own {
		policy = m.Approval
	}
	return policy == ApproveAlways || policy == ApproveOnWrite && !tool.ReadOnly
}

const mcpServerColumns = `id, name, url, coalesce(credential_id, ''), approval, tool_approvals, refreshed_at, created_by, created_at`

// CreateMCPServer keeps a server with the tools that it has.
func (s *Store) CreateMCPServer(ctx context.Context, workspace string, m MCPServer) (created MCPServer, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `INSERT INTO mcp_servers (id, workspace_id, name, url, credential_id, approval, tool_approvals, tools, created_by)
			VALUES ($1, $2, $3, $4, nullif($5, ''), $6, $7, $8, $9) RETURNING ` + mcpServerColumns
		return tx.QueryRow(ctx, statement, id.New(id.MCPServer), workspace, m.Name, m.URL, m.Credential, m.Approval, m.ToolApprovals, m.Tools, m.CreatedBy).
			Scan(created.targets()...)
	})
	created.Tools = m.Tools
	return created, err
}

// MCPServer gives one server with its tools.
func (s *Store) MCPServer(ctx context.Context, workspace, server string) (m MCPServer, err error) {
	if !id.Valid(id.MCPServer, server) {
		return MCPServer{}, noMCPServer(server)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+mcpServerColumns+`, tools FROM mcp_servers WHERE id = $1`, server).Scan(append(m.targets(), &m.Tools)...)
	})
	return m, orNotFound(err, noMCPServer(server))
}

// MCPServers lists at most limit servers after the cursor, the newest first.
func (s *Store) MCPServers(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]MCPServer, error) {
	return newest(ctx, s.pool, workspace, `SELECT `+mcpServerColumns+` FROM mcp_servers`, &filter{}, after, limit, (*MCPServer).targets)
}

// RefreshMCPServer replaces the tools of a server. Agents that have begun keep those that they began with.
func (s *Store) RefreshMCPServer(ctx context.Context, workspace, server string, tools []MCPTool) (m MCPServer, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `UPDATE mcp_servers SET tools = $2, refreshed_at = now() WHERE id = $1 RETURNING `+mcpServerColumns, server, tools).Scan(m.targets()...)
	})
	m.Tools = tools
	return m, orNotFound(err, noMCPServer(server))
}

// DeleteMCPServer forgets a server.
func (s *Store) DeleteMCPServer(ctx context.Context, workspace, server string) error {
	if !id.Valid(id.MCPServer, server) {
		return noMCPServer(server)
	}
	err := database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `DELETE FROM mcp_servers WHERE id = $1 RETURNING id`, server).Scan(&server)
	})
	return orNotFound(err, noMCPServer(server))
}

// targets are where the mcpServerColumns go.
func (m *MCPServer) targets() []any {
	return []any{&m.ID, &m.Name, &m.URL, &m.Credential, &m.Approval, &m.ToolApprovals, &m.RefreshedAt, &m.CreatedBy, &m.CreatedAt}
}

func noMCPServer(server string) error { return Missing("MCP server", server) }
