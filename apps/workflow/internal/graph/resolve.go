package graph

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
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
	var b bytes.Buffer
	comma := "{"
	for _, m := range tree.Members {
		writeKey(&b, comma, m.Key)
		comma = ","
		if m.Key != "tools" {
			b.Write(m.Value.Raw)
			continue
		}
		if err := n.writeTools(&b, variables); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (n *Node) writeTools(b *bytes.Buffer, variables map[string]any) error {
	b.WriteByte('[')
	for i, t := range n.Tools {
		if i > 0 {
			b.WriteByte(',')
		}
		tool, err := t.EvaluatePartly(variables)
		if err != nil {
			return err
		}
		b.Write(tool)
	}
	b.WriteByte(']')
	return nil
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
