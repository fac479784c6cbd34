package graph

import (
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/internal/id"
)

// fieldsOf are those that a tool of a type must have, and those that it cannot have.
func fieldsOf(toolType string) (needs, refuses []string) {
	request := []string{"method", "url", "headers", "query", "body", "idempotent", "credential"}
	switch toolType {
	case "function":
		return []string{"value"}, append(request, "server", "tools", "expires_in")
	case "mcp":
		return []string{"server", "tools"}, append(request, "value", "parameters", "description")
	default:
		return []string{"url"}, []string{"value", "server", "tools", "expires_in"}
	}
}

// mcpServer checks that the workspace has the server and that it offers the tools, under names that models take.
func (k *compiler) mcpServer(tool *jsontree.Value, pointer string) {
	server, names := tool.Get("server"), tool.Get("tools")
	if text(tool.Get("type")) != "mcp" || server == nil || names == nil {
		return
	}
	offered, found, err := []string{}, false, error(nil)
	if k.catalog.MCPServer != nil && id.Valid(id.MCPServer, server.Text) {
		offered, found, err = k.catalog.MCPServer(server.Text)
		switch {
		case err != nil:
			k.problemf(pointer+"/server", problem.CodeUnavailable, "MCP server %s could not be looked up; try again", server.Text)
		case !found:
			k.problemf(pointer+"/server", problem.CodeUnknownReference, "there is no MCP server %s in this workspace: create it first", server.Text)
		}
	}
	for i, name := range names.Items {
		at := problem.Join(pointer, "tools", i)
		if called := node.ToolName(text(tool.Get("name")), name.Text); len(called) > node.MaxToolName {
			k.problemf(at, problem.CodeTooLarge, "the tool would be called %s, of %d characters; at most %d are allowed: give it a shorter name", called, len(called), node.MaxToolName)
		}
		if found && !slices.Contains(offered, name.Text) {
			k.problemf(at, problem.CodeUnknownReference, "the server has no tool %s; refresh it, if it has since", name.Text)
		}
	}
}
