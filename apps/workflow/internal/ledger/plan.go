package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

// Bounds of what one run may consist of.
const (
	maxDepth     = 5   // sub-workflows within each other
	maxDocuments = 200 // in one plan
)

// Version names a published document. It never changes.
type Version struct {
	Workflow string
	Number   int
}

// Plan is a run's document with those of all its sub-workflows. Everything is loaded before the transaction
// begins: one that holds a run's row must not wait for another connection.
type Plan struct {
	Root   Version
	Graphs map[Version]*graph.Graph
	asks   bool // people: a run that does not is never paused
}

// Resolve loads a document and all that it leads to.
func Resolve(root Version, load func(Version) (*graph.Graph, error)) (Plan, error) {
	plan := Plan{Root: root, Graphs: map[Version]*graph.Graph{}}
	pending := []Version{root}
	for len(pending) > 0 {
		v := pending[0]
		pending = pending[1:]
		if _, known := plan.Graphs[v]; known {
			continue
		}
		if len(plan.Graphs) == maxDocuments {
			return Plan{}, fmt.Errorf("workflow %s leads to more than %d documents", root.Workflow, maxDocuments)
		}
		g, err := load(v)
		if err != nil {
			return Plan{}, fmt.Errorf("version %d of workflow %s: %w", v.Number, v.Workflow, err)
		}
		plan.Graphs[v] = g
		plan.asks = plan.asks || asks(g)
		pending = append(pending, subworkflows(g)...)
	}
	return plan, nil
}

// asks says whether a graph has what may wait for people: also what works with tools, whose calls they may have to approve.
func asks(g *graph.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *graph.Node) bool {
		tools := performed(n.Type) && !n.Pure && n.Type != "http" && n.Type != "memory"
		return tools || n.Type == typeApproval || n.Type == typeInput || n.Body != nil && asks(n.Body)
	})
}

func subworkflows(g *graph.Graph) []Version {
	var found []Version
	for _, n := range g.Nodes {
		if n.Type == typeSubworkflow {
			found = append(found, Version{n.Workflow, n.Version})
		}
		if n.Body != nil {
			found = append(found, subworkflows(n.Body)...)
		}
	}
	return found
}

// place is where a scope is: its graph, the document that it is of, and how many sub-workflows deep.
type place struct {
	graph    *graph.Graph
	version  Version
	document string // path of the scope that is the whole document
	depth    int
}

// at follows a scope's path from the run's document.
func (p Plan) at(scope string) (place, error) {
	at := place{graph: p.Graphs[p.Root], version: p.Root}
	if scope == "" {
		return at, nil
	}
	walked := ""
	for segment := range strings.SplitSeq(scope, "/") {
		id, _, _ := strings.Cut(segment, "[")
		walked = join(walked, segment)
		n := at.graph.Node(id)
		switch {
		case n == nil:
			return place{}, fmt.Errorf("scope %s: version %d of workflow %s has no node %s", scope, at.version.Number, at.version.Workflow, id)
		case n.Type == typeSubworkflow:
			at.version = Version{n.Workflow, n.Version}
			at.graph, at.document = p.Graphs[at.version], walked
			at.depth++
		default:
			at.graph = n.Body
		}
		if at.graph == nil {
			return place{}, fmt.Errorf("scope %s: node %s has nothing within it", scope, id)
		}
	}
	return at, nil
}

// join is the path of a node in a scope.
func join(scope, node string) string {
	if scope == "" {
		return node
	}
	return scope + "/" + node
}

// split is the inverse of join.
func split(path string) (scope, node string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func iteration(step string, index int) string { return fmt.Sprintf("%s[%d]", step, index) }

// typeAgent is the type whose steps the ledger gives what their thread holds.
const typeAgent = "agent"

// The types of nodes that the ledger itself carries out; all others are performed.
const (
	typeWait        = "wait"
	typeApproval    = "approval"
	typeInput       = "input"
	typeForEach     = "for_each"
	typeSubworkflow = "subworkflow"
	kindToolCall    = "tool_call" // of an approval that is about a call
)

func performed(nodeType string) bool {
	switch nodeType {
	case typeWait, typeApproval, typeInput, typeForEach, typeSubworkflow:
		return false
	}
	return true
}
