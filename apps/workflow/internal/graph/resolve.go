package graph

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// maxResolvedDepth is the depth of a document's values and of the values that expressions put into them.
const maxResolvedDepth = 200

// Resolve gives the node's config with every expression resolved, except those of tools that use args, and
// checks it against its type's schema once more.
func (n *Node) Resolve(variables map[string]any) (json.RawMessage, *node.Failure) {
	config, err := n.Config.Evaluate(variables)
	if err != nil {
		return nil, Failure(err)
	}
	if len(n.Tools) > 0 {
		if config, err = n.withTools(config, variables); err != nil {
			return nil, Failure(err)
		}
	}
	if !n.dynamic() || n.builtin.Open {
		return config, nil // its shape was checked when it was compiled
	}
	tree, problems := jsontree.Parse(config, maxResolvedDepth)
	if problems == nil {
		problems = n.builtin.checkResolved(tree)
	}
	if len(problems) > 0 {
		failure := node.Fail(node.CodeInvalidInput, "the config is not as it has to be when its expressions are resolved: %s: %s", problems[0].Pointer, problems[0].Message)
		failure.Final = true
		return nil, failure
	}
	return config, nil
}

func (n *Node) dynamic() bool {
	for _, t := range n.Tools {
		if t.Dynamic() {
			return true
		}
	}
	return n.Config.Dynamic()
}

func (n *Node) withTools(config json.RawMessage, variables map[string]any) (json.RawMessage, error) {
	tree, problems := jsontree.Parse(config, maxResolvedDepth)
	if problems != nil {
		return nil, errors.New(problems[0].Message)
	}
	resolved := make(map[string][][]byte, len(n.Tools))
	for _, t := range n.Tools {
		tool, err := t.EvaluatePartly(variables)
		if err != nil {
			return nil, err
		}
		resolved[t.At] = append(resolved[t.At], tool)
	}
	var b bytes.Buffer
	replace(&b, tree, "", resolved)
	return b.Bytes(), nil
}

// replace writes a value with others in the places of some of its parts: several in the place of an item of a list.
func replace(b *bytes.Buffer, value *jsontree.Value, pointer string, by map[string][][]byte) {
	others, found := by[pointer]
	switch {
	case found:
		b.Write(bytes.Join(others, []byte(",")))
	case len(value.Items) > 0:
		comma := "["
		for i, item := range value.Items {
			b.WriteString(comma)
			comma = ","
			replace(b, item, problem.Join(pointer, i), by)
		}
		b.WriteByte(']')
	case len(value.Members) > 0:
		comma := "{"
		for _, m := range value.Members {
			writeKey(b, comma, m.Key)
			comma = ","
			replace(b, m.Value, problem.Join(pointer, m.Key), by)
		}
		b.WriteByte('}')
	default:
		b.Write(value.Raw)
	}
}

// Failure makes an expression's error a node's failure. It is final: the same values would give it again.
func Failure(err error) *node.Failure {
	failure := node.Fail(node.CodeExpression, "%v", err)
	if fault, ok := errors.AsType[*expression.Error](err); ok {
		failure.Code = fault.Code
	}
	failure.Final = true
	return failure
}
