package graph

import (
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/internal/id"
)

// Tool is one tool of an agent, compiled. Its expressions may use args.
type Tool struct {
	*expression.Template
	At string // pointer within the config
}

// agent checks what a schema cannot say of an agent that stands in a config, at the pointer within it.
func (k *compiler) agent(config *jsontree.Value, rules *rule, v expression.Variables, at, within string) (compiled []Tool) {
	pointer := at + within
	k.provider(text(config.Get("provider")), pointer+"/provider")
	k.object(raw(config.Get("output_schema")), pointer+"/output_schema")
	tools := config.Get("tools")
	if tools == nil {
		return nil
	}
	names := map[string]bool{}
	for i, tool := range tools.Items {
		compiled = append(compiled, k.tools(tool, rules.Properties["tools"].Items, v, names, at, problem.Join(within, "tools", i))...)
	}
	if len(compiled) > maxTools {
		k.problemf(pointer+"/tools", problem.CodeTooLarge, "the agent would have %d tools, at most %d are allowed: choose fewer operations", len(compiled), maxTools)
	}
	return compiled
}

// tools compiles an entry of an agent's list, which may stand for several.
func (k *compiler) tools(tool *jsontree.Value, rules *rule, v expression.Variables, names map[string]bool, at, place string) []Tool {
	pointer := at + place
	k.called(text(tool.Get("name")), names, pointer+"/name")
	k.fields(tool, "a tool of type "+text(tool.Get("type")), toolFields(text(tool.Get("type"))), pointer)
	switch text(tool.Get("type")) {
	case "openapi":
		return k.described(tool, rules, v, names, at, place)
	case "mcp":
		k.mcpServer(tool, names, pointer)
	}
	if t := k.tool(tool, rules, v, pointer); t != nil {
		return []Tool{{t, place}}
	}
	return nil
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

// tool compiles one tool. Its expressions may use args beside what the node's own may use.
func (k *compiler) tool(tool *jsontree.Value, rules *rule, v expression.Variables, pointer string) *expression.Template {
	k.credential(tool.Get("credential"), pointer+"/credential")
	parameters := raw(tool.Get("parameters"))
	k.object(parameters, pointer+"/parameters")
	v.Tool, v.Args = true, parameters
	env, err := expression.NewEnv(v)
	if err != nil {
		k.problemf(pointer, problem.CodeExpression, "%v", err)
		return nil
	}
	t, err := expression.CompileAt(tool.Raw, env, expression.Places{Literal: rules.literal, Text: rules.text})
	k.faults(pointer, err)
	if err != nil {
		return nil
	}
	return t
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
