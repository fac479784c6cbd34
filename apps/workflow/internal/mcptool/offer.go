package mcptool

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// maxOffer bounds what the tools of one server add to a step's records, in bytes.
const maxOffer = 1 << 20

// Offer gives the wanted tools of a server, as they were when a person let the server be asked last: a server cannot slip
// an agent another tool, or other words about one.
func (c *Connector) Offer(ctx context.Context, workspace string, w Wanted) (json.RawMessage, *node.Failure) {
	server, failure := c.Server(ctx, workspace, w.Server)
	if failure != nil {
		return nil, failure
	}
	var tools []Tool
	for _, name := range w.Tools {
		at := slices.IndexFunc(server.Tools, func(t store.MCPTool) bool { return t.Name == name })
		if at < 0 {
			return nil, &node.Failure{Code: node.CodeUnavailable, Message: "MCP server " + server.Name + " has no tool " + name + ": refresh it, or take the tool out of the workflow", Final: true}
		}
		tool := server.Tools[at]
		tools = append(tools, Tool{
			Type: "mcp", Name: node.ToolName(w.Name, name), Description: tool.Description, Parameters: tool.Schema,
			Server: w.Server, Tool: name, Idempotent: tool.Idempotent,
			ServerName: server.Name, Approve: server.NeedsApproval(tool), ExpiresIn: w.ExpiresIn,
		})
	}
	offer, err := json.Marshal(tools)
	if err != nil || len(offer) > maxOffer {
		return nil, &node.Failure{Code: node.CodeTooLarge, Message: "the chosen tools of MCP server " + server.Name + " have more than 1 MiB: choose fewer", Final: true}
	}
	return offer, nil
}
