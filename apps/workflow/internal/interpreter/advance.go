package interpreter

import (
	"encoding/json"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

// Advance says what follows from the results of one scope. It makes at most limit actions; 0 is no bound. An
// error is a fault of the results' store, never of the document.
func Advance(g *graph.Graph, v Variables, r Results, limit int) (Decision, error) {
	return Decision{}, errors.New("not yet")
}

// Evaluate resolves one node by itself: a pure node completes or fails, any other is to be started. The
// variables are inputs, nodes, item, index, with and run.
func Evaluate(n *graph.Node, variables map[string]json.RawMessage) Action {
	return Action{}
}
