package graph

import (
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
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
		if names[name] {
			k.problemf(where+"/name", problem.CodeDuplicateID, "another tool has the name %s: a model could not tell them apart", name)
		}
		names[name] = true
		k.tool(n, tool, p.variables, where)
	}
}

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

// tool compiles one tool. Its expressions may use args beside what the node's own may use.
func (k *compiler) tool(n *Node, tool *jsontree.Value, v expression.Variables, pointer string) {
	k.fields(tool, "a tool of type "+text(tool.Get("type")), toolFields(text(tool.Get("type"))), pointer)
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
