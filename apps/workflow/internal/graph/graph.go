// Package graph makes a document executable: it checks everything that can be known before a run, and
// compiles every expression.
package graph

import (
	"encoding/json"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
)

// Catalog is what documents may use on this engine.
type Catalog struct {
	Types []Type
	// Providers of models: "" if usable, else why not.
	Providers map[string]string
	// Subworkflow looks up a published version; nil finds none.
	Subworkflow func(workflow string, version int) (inputsSchema json.RawMessage, found bool, err error)
	// Agent looks up the document of a published version; nil finds none.
	Agent func(agent string, version int) (document json.RawMessage, found bool, err error)
	// Credential looks one up in the workspace; nil finds all.
	Credential func(id string) (found bool, err error)
	// MCPServer looks up what a server of the workspace offers; nil finds all.
	MCPServer func(id string) (tools []string, found bool, err error)
}

// Type describes one type of node.
type Type struct {
	Name        string
	Description string
	Config      json.RawMessage // JSON Schema of the node's config
	Ports       []string        // that edges may leave from; "*" when the config names them
	Unavailable string          // why it cannot run here; empty: it can
}

// Graph is a document, or the body of a loop, ready to be interpreted. It is never changed, and safe for
// concurrent use.
type Graph struct {
	Document    *document.Document   // also of a body: the whole document
	Nodes       []*Node              // in the document's order
	Order       []*Node              // every node after those before it; else in the document's order
	Output      *expression.Template // nil: null
	MaxParallel int
	nodes       map[string]*Node
	inputs      inputsOf
}

// Node is one node with all that is known of it.
type Node struct {
	ID       string
	Type     string
	Spec     document.Node
	Position int  // in the graph's Nodes
	Pure     bool // evaluated by the interpreter itself
	Retry    document.Retry
	Timeout  time.Duration        // of one attempt; 0: without bound
	OnError  document.OnError     // never Inherit
	When     *expression.Template // nil: always
	Config   *expression.Template
	Tools    []Tool // of all agents in the config
	In       []Edge
	Join     int    // how many live edges are enough; 0: all nodes before it have to end
	Body     *Graph // of a for_each
	Loop     Loop
	// Workflow and Version name the sub-workflow.
	Workflow string
	Version  int
	builtin  *builtin
	ports    []string
}

// Edge is a way into a node.
type Edge struct {
	From *Node
	Port string // empty: whichever port is taken
}

// Loop is how a for_each runs its items.
type Loop struct {
	MaxParallel int
	OnItemError document.OnError // Stop or Continue
}

// Templates are all expressions of the node's config.
func (n *Node) Templates() []*expression.Template {
	templates := make([]*expression.Template, 0, len(n.Tools)+1)
	for _, t := range n.Tools {
		templates = append(templates, t.Template)
	}
	return append(templates, n.Config)
}

// Node finds a node of this graph; nil if there is none.
func (g *Graph) Node(id string) *Node { return g.nodes[id] }
