package graph

import (
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// set is a set of nodes by position.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) union(other set) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s set) intersect(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}

// references checks that expressions use only nodes that have ended when they are evaluated.
func (k *compiler) references(g *Graph) {
	ended := make([]set, len(g.Nodes))
	for _, n := range g.Order {
		ended[n.Position] = endedBefore(n, ended, len(g.Nodes))
		for _, t := range templates(n) {
			for _, use := range t.template.Uses() {
				k.reference(g, n, use, ended[n.Position], t.pointer)
			}
		}
	}
}

// endedBefore are the nodes that are sure to have ended when a node begins. A join that does not wait for
// all is sure only of what is before each of its edges.
func endedBefore(n *Node, ended []set, size int) set {
	sure := newSet(size)
	for i, e := range n.In {
		before := newSet(size)
		before.union(ended[e.From.Position])
		before.add(e.From.Position)
		if i > 0 && n.Join > 0 {
			sure.intersect(before)
		} else {
			sure.union(before)
		}
	}
	return sure
}

type placed struct {
	template *expression.Template
	pointer  string
}

func templates(n *Node) []placed {
	var list []placed
	if n.When != nil {
		list = append(list, placed{n.When, n.Spec.Pointer + "/when"})
	}
	if n.Config != nil {
		list = append(list, placed{n.Config, n.Spec.Pointer + "/config"})
	}
	for _, t := range n.Tools {
		list = append(list, placed{t.Template, n.Spec.Pointer + "/config" + t.At})
	}
	return list
}

func (k *compiler) reference(g *Graph, n *Node, use expression.Use, ended set, pointer string) {
	used := g.nodes[use.Node]
	if used == nil || ended.has(used.Position) {
		return
	}
	k.problemf(pointer+use.Pointer, problem.CodeNotBefore, "${{ %s }}: %s need not have ended when %s begins: %s", use.Expression, use.Node, n.ID, remedy(n, used))
}

func remedy(n, used *Node) string {
	if n == used {
		return "a node cannot use its own result"
	}
	if join := earlyJoin(n, map[*Node]bool{}); join != nil {
		return "add an edge from " + used.ID + " to it, or use nodes." + join.ID + ".output, as " + join.ID + " does not wait for all"
	}
	return "add an edge from " + used.ID + " to it, or to a node before it"
}

// earlyJoin is a join before the node that may go on before all its edges have ended; nil if there is none.
func earlyJoin(n *Node, seen map[*Node]bool) *Node {
	if n.Join > 0 {
		return n
	}
	for _, e := range n.In {
		if seen[e.From] {
			continue
		}
		seen[e.From] = true
		if join := earlyJoin(e.From, seen); join != nil {
			return join
		}
	}
	return nil
}
