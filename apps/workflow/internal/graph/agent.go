package graph

import (
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// Tool is one tool of an agent, compiled. Its expressions may use args.
type Tool struct {
	At string // pointer within the config
	*expression.Template
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
		place := problem.Join(within, "tools", i)
		name := text(tool.Get("name"))
		if names[name] {
			k.problemf(at+place+"/name", problem.CodeDuplicateID, "another tool has the name %s: a model could not tell them apart", name)
		}
		names[name] = true
		if t := k.tool(tool, rules.Properties["tools"].Items, v, at+place); t != nil {
			compiled = append(compiled, Tool{place, t})
		}
	}
	return compiled
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
func (k *compiler) tool(tool *jsontree.Value, rules *rule, v expression.Variables, pointer string) *expression.Template {
	needs, refuses := "url", []string{"value", "definition"}
	switch text(tool.Get("type")) {
	case "function":
		needs, refuses = "value", []string{"method", "url", "headers", "query", "body", "idempotent", "definition"}
	case "agent":
		needs, refuses = "definition", []string{"method", "url", "headers", "query", "body", "idempotent", "value", "parameters"}
	}
	if tool.Get(needs) == nil {
		needs = strings.Replace(needs, "definition", "agent", 1) // which names it
		k.problemf(pointer, problem.CodeMissingField, "%s is missing: a tool of type %s needs it", needs, text(tool.Get("type")))
	}
	for _, name := range refuses {
		if tool.Get(name) != nil {
			k.problemf(pointer+"/"+name, problem.CodeNotAllowed, "a tool of type %s has no %s", text(tool.Get("type")), name)
		}
	}
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
