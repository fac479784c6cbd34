package graph

import (
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// portError is the port of a failed node whose on_error is route.
const portError = "error"

// edges connects the nodes.
func (k *compiler) edges(g *Graph, edges []document.Edge) {
	seen := map[document.Edge]bool{}
	for _, e := range edges {
		from, to := g.nodes[e.From], g.nodes[e.To]
		if from == nil {
			k.problemf(e.Pointer+"/from", problem.CodeUnknownNode, "there is no node %s here", e.From)
		}
		if to == nil {
			k.problemf(e.Pointer+"/to", problem.CodeUnknownNode, "there is no node %s here", e.To)
		}
		if from == nil || to == nil {
			continue
		}
		k.port(from, e)
		same := document.Edge{From: e.From, Port: e.Port, To: e.To}
		if seen[same] {
			k.problemf(e.Pointer, problem.CodeDuplicateEdge, "there is an edge from %s to %s already", strings.TrimSuffix(e.From+"."+e.Port, "."), e.To)
			continue
		}
		seen[same] = true
		to.In = append(to.In, Edge{From: from, Port: e.Port})
	}
}

// port checks that the node has the port.
func (k *compiler) port(n *Node, e document.Edge) {
	if e.Port == "" || n.builtin == nil {
		return
	}
	ports := slices.Clone(n.ports)
	if n.OnError == document.Route {
		ports = append(ports, portError)
	}
	if slices.Contains(ports, e.Port) {
		return
	}
	remedy := "it has none"
	switch {
	case e.Port == portError:
		remedy = "the port error needs on_error: route"
	case len(ports) > 0:
		remedy = "its ports are " + strings.Join(ports, ", ")
	}
	k.problemf(e.Pointer+"/from", problem.CodeUnknownPort, "%s has no port %s: %s", describe(n), e.Port, remedy)
}

// joins checks that joins can come about.
func (k *compiler) joins(g *Graph) {
	for _, n := range g.Nodes {
		if n.Join > 1 && n.Join > len(n.In) {
			k.problemf(n.Spec.Pointer+"/config/n", problem.CodeOutOfRange, "%s waits for %d live edges, and only %d lead to it", describe(n), n.Join, len(n.In))
		}
	}
}
