package graph

import (
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// order sorts the nodes so that each comes after those before it, in the document's order where there is a
// choice. It reports circles, and says whether there is none.
func (k *compiler) order(g *Graph) bool {
	waiting := make([]int, len(g.Nodes))
	next := make([][]*Node, len(g.Nodes))
	var ready []*Node // sorted by position
	for _, n := range g.Nodes {
		waiting[n.Position] = len(n.In)
		for _, e := range n.In {
			next[e.From.Position] = append(next[e.From.Position], n)
		}
		if len(n.In) == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		g.Order = append(g.Order, n)
		for _, after := range next[n.Position] {
			if waiting[after.Position]--; waiting[after.Position] == 0 {
				i, _ := slices.BinarySearchFunc(ready, after.Position, func(r *Node, position int) int { return r.Position - position })
				ready = slices.Insert(ready, i, after)
			}
		}
	}
	if len(g.Order) == len(g.Nodes) {
		return true
	}
	k.circle(g, waiting, next)
	return false
}

// circle names one circle.
func (k *compiler) circle(g *Graph, waiting []int, next [][]*Node) {
	var circle []*Node
	for _, n := range g.Nodes {
		if waiting[n.Position] > 0 {
			circle = backwards(n, waiting)
			break
		}
	}
	names := make([]string, 0, len(circle)+1)
	for _, n := range circle {
		names = append(names, n.ID)
	}
	names = append(names, names[0])
	k.problemf(circle[0].Spec.Pointer, problem.CodeCycle, "the edges form a circle: %s. Take one of them away, or use a for_each", strings.Join(names, " → "))

	k.unreachable(g, circle, next)
}

// unreachable reports the nodes that nothing leads to because of a circle.
func (k *compiler) unreachable(g *Graph, circle []*Node, next [][]*Node) {
	reached := make([]bool, len(g.Nodes))
	var visit func(n *Node)
	visit = func(n *Node) {
		if reached[n.Position] {
			return
		}
		reached[n.Position] = true
		for _, after := range next[n.Position] {
			visit(after)
		}
	}
	for _, n := range g.Nodes {
		if len(n.In) == 0 {
			visit(n)
		}
	}
	for _, n := range g.Nodes {
		if !reached[n.Position] && !slices.Contains(circle, n) {
			k.problemf(n.Spec.Pointer, problem.CodeUnreachable, "no way leads to %s from a node without edges into it", describe(n))
		}
	}
}

// backwards follows edges that are still waited for until a node comes twice: that is a circle.
func backwards(n *Node, waiting []int) []*Node {
	var path []*Node
	for !slices.Contains(path, n) {
		path = append(path, n)
		for _, e := range n.In {
			if waiting[e.From.Position] > 0 {
				n = e.From
				break
			}
		}
	}
	circle := path[slices.Index(path, n):]
	slices.Reverse(circle)
	first := slices.IndexFunc(circle, func(c *Node) bool { return c.Position == lowest(circle) })
	return append(slices.Clone(circle[first:]), circle[:first]...)
}

func lowest(nodes []*Node) int {
	position := nodes[0].Position
	for _, n := range nodes {
		position = min(position, n.Position)
	}
	return position
}
