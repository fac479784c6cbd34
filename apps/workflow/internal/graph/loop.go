package graph

import (
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// loop compiles a for_each with its body.
func (k *compiler) loop(n *Node, config *jsontree.Value, p place) {
	pointer := n.Spec.Pointer + "/config"
	k.member(config, "items", p.env, jsontree.Array, pointer)
	n.Loop = Loop{MaxParallel: 10, OnItemError: document.Stop}
	if v := integer(config.Get("max_parallel")); v > 0 {
		n.Loop.MaxParallel = v
	}
	if v := text(config.Get("on_item_error")); v != "" {
		n.Loop.OnItemError = document.OnError(v)
	}
	body := n.Spec.Body
	if body == nil {
		return // reported by the shape
	}
	if p.loops >= maxLoops {
		k.problemf(body.Pointer, problem.CodeOutOfRange, "loops are nested deeper than %d: move the inner ones into a sub-workflow", maxLoops)
		return
	}
	variables := expression.Variables{Inputs: k.document.Inputs, Nodes: ids(body.Nodes), Loop: true, With: names(config.Get("with"))}
	inner, err := at(variables, p.loops+1)
	if err != nil {
		k.problemf(body.Pointer, problem.CodeExpression, "%v", err)
		return
	}
	n.Body = k.graph(body.Nodes, body.Edges, inner)
	n.Body.Output = k.template(body.Output, inner.env, body.Pointer+"/output")
}

// names are the keys of a loop's with; nil if only the run will tell.
func names(with *jsontree.Value) []string {
	list := []string{}
	if with == nil {
		return list
	}
	if with.Kind != jsontree.Object {
		return nil
	}
	for _, m := range with.Members {
		list = append(list, m.Key)
	}
	slices.Sort(list)
	return list
}
