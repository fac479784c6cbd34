package mcptool

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// Bounds of what a server may offer.
const (
	maxTools       = 128
	maxName        = 128
	maxDescription = 4 << 10  // characters; what is longer is cut
	maxSchema      = 32 << 10 // bytes of a tool's input schema
)

// Tools asks a server for what it offers. One tool out of bounds refuses them all: half a server would surprise.
func (c *Connector) Tools(ctx context.Context, workspace string, server store.MCPServer) ([]store.MCPTool, *node.Failure) {
	tools := []store.MCPTool{}
	failure := c.within(ctx, workspace, "", server, func(ctx context.Context, s session) error {
		for offered, err := range s.Tools(ctx, nil) {
			if err != nil {
				return err
			}
			if len(tools) == maxTools {
				return node.Fail(node.CodeTooLarge, "MCP server %s offers more than %d tools", server.Name, maxTools)
			}
			tool, failure := toolOf(offered)
			if failure != nil {
				return failure
			}
			tools = append(tools, tool)
		}
		return nil
	})
	return tools, failure
}

func toolOf(offered *mcp.Tool) (store.MCPTool, *node.Failure) {
	input, err := json.Marshal(offered.InputSchema)
	if err != nil || len(input) > maxSchema || offered.Name == "" || len(offered.Name) > maxName {
		return store.MCPTool{}, node.Fail(node.CodeTooLarge, "tool %q must have a name of at most %d bytes and an input schema of at most %d bytes, got %d and %d",
			cut(offered.Name, maxName), maxName, maxSchema, len(offered.Name), len(input))
	}
	if offered.Name != cut(offered.Name, maxName) {
		return store.MCPTool{}, node.Fail(node.CodeInvalidInput, "tool %q must have a name without NUL, which PostgreSQL cannot keep", offered.Name)
	}
	if _, problems := schema.Compile(input); len(problems) > 0 {
		return store.MCPTool{}, node.Fail(node.CodeInvalidInput, "the input schema of tool %q cannot be used: %s", offered.Name, problems[0].Message)
	}
	tool := store.MCPTool{Name: offered.Name, Description: cut(offered.Description, maxDescription), Schema: input}
	if hints := offered.Annotations; hints != nil {
		tool.ReadOnly = hints.ReadOnlyHint
		tool.Idempotent = hints.ReadOnlyHint || hints.IdempotentHint
	}
	return tool, nil
}

// cut shortens a text to so many bytes of whole characters, without NUL, which PostgreSQL cannot keep.
func cut(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	if len(text) <= most {
		return text
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
