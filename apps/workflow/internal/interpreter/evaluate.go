package interpreter

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

const typeJoin = "join"

// maxOutput bounds an output as JSON.
const maxOutput = 4 << 20

// Evaluate resolves one node by itself: a pure node completes or fails, any other is to be started. The
// variables are inputs, nodes, item, index, with and run.
func Evaluate(n *graph.Node, variables map[string]json.RawMessage) Action {
	given := make(map[string]any, len(variables))
	for name, value := range variables {
		given[name] = value
	}
	action := Action{Kind: Skip}
	run, failure := true, (*node.Failure)(nil)
	if n.When != nil {
		run, failure = condition(n.When, given, "when")
	}
	switch {
	case failure != nil:
		action = conditional(failure)
	case run:
		action = evaluate(n, given, json.RawMessage("{}"))
	}
	action.Node, action.Type = n.ID, n.Type
	return action
}

// evaluate carries a pure node out, or resolves the config of any other. Joined is a join's output.
func evaluate(n *graph.Node, variables map[string]any, joined json.RawMessage) Action {
	config, failure := n.Resolve(variables)
	if failure != nil {
		return Action{Kind: Fail, Failure: failure}
	}
	if !n.Pure {
		return Action{Kind: Start, Config: config}
	}
	action := Action{Kind: Complete, Output: joined}
	if n.Type != typeJoin {
		action = pure(n.Type, config)
	}
	if len(action.Output) > maxOutput {
		return Action{Kind: Fail, Failure: final(node.CodeTooLarge, "the output has %d bytes as JSON, at most %d are allowed", len(action.Output), maxOutput)}
	}
	return action
}

// pure carries a node out whose config is resolved.
func pure(kind string, config json.RawMessage) Action {
	var c struct {
		Value     json.RawMessage `json:"value"`
		Template  json.RawMessage `json:"template"`
		Condition json.RawMessage `json:"condition"`
		Message   string          `json:"message"`
		Code      string          `json:"code"`
		Cases     []struct {
			Equals json.RawMessage `json:"equals"`
			Port   string          `json:"port"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return Action{Kind: Fail, Failure: final(node.CodeInternal, "the resolved config cannot be read: %v", err)}
	}
	switch kind {
	case "template":
		return Action{Kind: Complete, Output: c.Template}
	case "if":
		return Action{Kind: Complete, Output: c.Condition, Port: string(c.Condition)}
	case "switch":
		for _, one := range c.Cases {
			if expression.Equal(c.Value, one.Equals) {
				return Action{Kind: Complete, Output: c.Value, Port: one.Port}
			}
		}
		return Action{Kind: Complete, Output: c.Value, Port: "default"}
	case "fail":
		if c.Code == "" {
			c.Code = "failed"
		}
		return Action{Kind: Fail, Failure: final(c.Code, "%s", c.Message)}
	default:
		return Action{Kind: Complete, Output: c.Value}
	}
}

// condition evaluates an expression that has to give true or false.
func condition(t *expression.Template, variables map[string]any, name string) (bool, *node.Failure) {
	value, err := t.Evaluate(variables)
	if err != nil {
		return false, graph.Failure(err)
	}
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, final(node.CodeExpression, "%s has to give true or false, and gave %.100s", name, value)
	}
}

// final is a failure that another attempt would give again.
func final(code, format string, arguments ...any) *node.Failure {
	failure := node.Fail(code, format, arguments...)
	failure.Final = true
	return failure
}
