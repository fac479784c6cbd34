package interpreter

import (
	"bytes"
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

// portError is the port that a failed node takes whose on_error is route.
const portError = "error"

// due says whether it is known what becomes of a node: all before it have ended, or enough edges of its join
// are live.
func (a *advance) due(n *graph.Node) bool {
	live := 0
	all := true
	for _, e := range n.In {
		state := a.states[e.From.Position]
		switch {
		case !state.Status.Ended():
			all = false
		case passes(e, state):
			live++
		}
	}
	return all || n.Join > 0 && live >= n.Join
}

// live says whether a node that is due runs: it begins the graph, or enough edges into it are live.
func (a *advance) live(n *graph.Node) bool {
	if len(n.In) == 0 {
		return true
	}
	live := 0
	for _, e := range n.In {
		if passes(e, a.states[e.From.Position]) {
			live++
		}
	}
	return live >= max(n.Join, 1)
}

// passes says whether an edge is live. An edge of a port is live if the port was taken; one without a port
// whenever the node completed, or failed and its run is to continue.
func passes(e graph.Edge, state Result) bool {
	switch state.Status {
	case Completed:
		return e.Port == "" || e.Port == state.Port
	case Failed:
		if e.From.OnError == document.Route {
			return e.Port == portError
		}
		return e.From.OnError == document.Continue && e.Port == ""
	default:
		return false
	}
}

// joined is a join's output: the outputs of the nodes before it that completed, by id.
func (a *advance) joined(n *graph.Node) (json.RawMessage, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	written := map[string]bool{}
	for _, e := range n.In {
		id := e.From.ID
		if a.states[e.From.Position].Status != Completed || written[id] {
			continue
		}
		output, err := a.values.raw(id)
		if err != nil {
			return nil, err
		}
		if len(written) > 0 {
			b.WriteByte(',')
		}
		written[id] = true
		b.WriteString(`"` + id + `":`)
		b.Write(output)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
