package graph

import (
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/internal/id"
)

func (k *compiler) agent(n *Node, config *jsontree.Value, p place, pointer string) {
	k.provider(text(config.Get("provider")), pointer+"/provider")
	k.object(raw(config.Get("output_schema")), pointer+"/output_schema")
	tools := config.Get("tools")
	if tools == nil {
		return
	}
	names := map[string]bool{}
	for i, tool := range tools.Items {
		where := problem.Join(pointer, "tools", i)
		name := text(tool.Get("name"))
		k.called(name, names, where+"/name")
		k.fields(tool, where)
		switch text(tool.Get("type")) {
		case "openapi":
			k.described(n, tool, p.variables, names, where)
			continue
		case "mcp":
			k.mcpServer(tool, names, where)
		}
		k.tool(n, tool, p.variables, where)
	}
	if len(n.Tools) > maxTools {
		k.problemf(pointer+"/tools", problem.CodeTooLarge, "the agent would have %d tools, at most %d are allowed: choose fewer operations", len(n.Tools), maxTools)
	}
}

// maxTools is what types.json says of an agent's tools, which an OpenAPI document multiplies.
const maxTools = 64

func (k *compiler) provider(name, pointer string) {
	if name != "openai" && name != "anthropic" {
		return // reported by the shape
	}
	reason, known := k.catalog.Providers[name]
	switch {
	case !known:
		k.problemf(pointer, problem.CodeUnavailable, "the provider %s cannot be used here: it is not configured", name)
	case reason != "":
		k.problemf(pointer, problem.CodeUnavailable, "the provider %s cannot be used here: %s", name, reason)
	}
}

// fields checks that a tool has what its type needs, and nothing of another's.
func (k *compiler) fields(tool *jsontree.Value, pointer string) {
	needs, refuses := fieldsOf(text(tool.Get("type")))
	for _, name := range needs {
		if tool.Get(name) == nil {
			k.problemf(pointer, problem.CodeMissingField, "%s is missing: a tool of type %s needs it", name, text(tool.Get("type")))
		}
	}
	for _, name := range refuses {
		if tool.Get(name) != nil {
			k.problemf(pointer+"/"+name, problem.CodeNotAllowed, "a tool of type %s has no %s", text(tool.Get("type")), name)
		}
	}
}

// tool compiles one tool. Its expressions may use args beside what the node's own may use.
func (k *compiler) tool(n *Node, tool *jsontree.Value, v expression.Variables, pointer string) {
	k.credential(tool.Get("credential"), pointer+"/credential")
	parameters := raw(tool.Get("parameters"))
	k.object(parameters, pointer+"/parameters")
	v.Tool, v.Args = true, parameters
	env, err := expression.NewEnv(v)
	if err != nil {
		k.problemf(pointer, problem.CodeExpression, "%v", err)
		return
	}
	rules := n.builtin.rules.Properties["tools"].Items
	t, err := expression.CompileAt(tool.Raw, env, expression.Places{Literal: rules.literal, Text: rules.text})
	k.faults(pointer, err)
	if err == nil {
		n.Tools = append(n.Tools, t)
	}
}

// credential checks that there is the one which a request names. What is no id is reported by the shape.
func (k *compiler) credential(named *jsontree.Value, pointer string) {
	if named == nil || k.catalog.Credential == nil || !id.Valid(id.Credential, named.Text) {
		return
	}
	switch found, err := k.catalog.Credential(named.Text); {
	case err != nil:
		k.problemf(pointer, problem.CodeUnavailable, "credential %s could not be looked up; try again", named.Text)
	case !found:
		k.problemf(pointer, problem.CodeUnknownReference, "there is no credential %s in this workspace: create it first", named.Text)
	}
}
