package graph

import (
	"encoding/json"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/openapitool"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/internal/id"
)

// mcpServer checks that the workspace has the server and that it offers the tools, under names that models take.
func (k *compiler) mcpServer(tool *jsontree.Value, names map[string]bool, pointer string) {
	server, chosen := tool.Get("server"), tool.Get("tools")
	if text(tool.Get("type")) != "mcp" || server == nil || chosen == nil {
		return
	}
	offered, found := k.offered(server.Text, pointer+"/server")
	for i, name := range chosen.Items {
		at := problem.Join(pointer, "tools", i)
		k.called(node.ToolName(text(tool.Get("name")), name.Text), names, at)
		if found && !slices.Contains(offered, name.Text) {
			k.problemf(at, problem.CodeUnknownReference, "the server has no tool %s; refresh it, if it has since", name.Text)
		}
	}
}

// offered looks up what a server offers; not found: it is not known here, or that is reported.
func (k *compiler) offered(server, pointer string) (tools []string, found bool) {
	if k.catalog.MCPServer == nil || !id.Valid(id.MCPServer, server) {
		return nil, false
	}
	tools, found, err := k.catalog.MCPServer(server)
	switch {
	case err != nil:
		k.problemf(pointer, problem.CodeUnavailable, "MCP server %s could not be looked up; try again", server)
	case !found:
		k.problemf(pointer, problem.CodeUnknownReference, "there is no MCP server %s in this workspace: create it first", server)
	}
	return tools, found && err == nil
}

// described are the tools of an OpenAPI document's operations, in the place of the one that names them.
func (k *compiler) described(set *jsontree.Value, rules *rule, v expression.Variables, names map[string]bool, at, place string) (compiled []Tool) {
	pointer := at + place
	k.credential(set.Get("credential"), pointer+"/credential")
	tools, err := openapiTools(set)
	if err != nil {
		k.problemf(pointer, problem.CodeInvalidFormat, "%v", err)
		return nil
	}
	for i, raw := range tools {
		tool, problems := jsontree.Parse(raw, document.MaxDepth)
		if k.within(pointer, problems); tool == nil {
			continue
		}
		k.called(text(tool.Get("name")), names, problem.Join(pointer, "operations", i))
		if t := k.tool(tool, rules, v, pointer); t != nil {
			compiled = append(compiled, Tool{t, place})
		}
	}
	return compiled
}

// openapiTools reads the set and makes its tools; none, if the set's shape is wrong, which is reported.
func openapiTools(set *jsontree.Value) ([]json.RawMessage, error) {
	var chosen openapitool.Set
	if json.Unmarshal(set.Raw, &chosen) != nil || chosen.Document == nil {
		return nil, nil //nolint:nilerr // another check reports the shape
	}
	return openapitool.Tools(chosen)
}

// called notes the name of a tool, which models have to tell from all others.
func (k *compiler) called(name string, names map[string]bool, pointer string) {
	if names[name] {
		k.problemf(pointer, problem.CodeDuplicateID, "another tool has the name %s: a model could not tell them apart", name)
	}
	names[name] = true
	if len(name) > node.MaxToolName {
		k.problemf(pointer, problem.CodeTooLarge, "the tool would be called %s, of %d characters; at most %d are allowed: give it a shorter name", name, len(name), node.MaxToolName)
	}
}
