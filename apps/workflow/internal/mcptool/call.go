package mcptool

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// Server gives a server of the workspace, as it was when its tools were asked for last; another's is not there.
func (c *Connector) Server(ctx context.Context, workspace, id string) (store.MCPServer, *node.Failure) {
	server, err := c.store.MCPServer(ctx, workspace, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return server, &node.Failure{Code: node.CodeUnavailable, Message: err.Error(), Final: true}
	case err != nil:
		return server, node.Fail(node.CodeUnavailable, "MCP server %s cannot be looked up at the moment", id)
	}
	return server, nil
}

// Call calls a tool and gives its result: a text, or JSON where the tool has structured results.
func (c *Connector) Call(ctx context.Context, id node.CallID, serverID, tool string, arguments json.RawMessage) (result json.RawMessage, failure *node.Failure) {
	server, failure := c.Server(ctx, id.Workspace, serverID)
	if failure != nil {
		return nil, failure
	}
	failure = c.within(ctx, id.Workspace, id.Run, server, func(ctx context.Context, s session) error {
		answer, err := s.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil {
			return err
		}
		if result, err = contentOf(answer); err != nil {
			return err
		}
		if result = json.RawMessage(s.secret.Redact(string(result))); !json.Valid(result) || len(result) > outbound.MaxBody {
			return node.Fail(node.CodeOutput, "MCP server %s: the result of %s cannot be passed on", server.Name, tool)
		}
		if answer.IsError {
			return node.Fail(node.CodeTool, "%s failed", tool)
		}
		return nil
	})
	return result, failure
}

// contentOf is what a model can use of an answer. Pictures and sounds are named, not shown.
func contentOf(answer *mcp.CallToolResult) (json.RawMessage, error) {
	if answer.StructuredContent != nil {
		return json.Marshal(answer.StructuredContent)
	}
	var parts []string
	for _, content := range answer.Content {
		switch content := content.(type) {
		case *mcp.TextContent:
			parts = append(parts, content.Text)
		case *mcp.ResourceLink:
			parts = append(parts, "(resource "+content.URI+")")
		case *mcp.EmbeddedResource:
			if content.Resource != nil {
				parts = append(parts, content.Resource.Text)
			}
		case *mcp.ImageContent:
			parts = append(parts, "(an image: "+content.MIMEType+")")
		default:
			parts = append(parts, "(content that is no text)")
		}
	}
	return json.Marshal(strings.Join(parts, "\n"))
}
