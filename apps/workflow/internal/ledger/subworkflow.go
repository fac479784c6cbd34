package ledger

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// startSubworkflow opens the scope of another document, within the same run: a cancel, a budget or a timeout
// of the run reaches everything.
func (c *change) startSubworkflow(s *scope, n *graph.Node, attempt int, config json.RawMessage) error {
	if s.depth >= maxDepth {
		f := node.Fail(node.CodeInvalidInput, "sub-workflows may be %d deep, this is one more", maxDepth)
		f.Final = true
		return c.fail(s, n, attempt, f)
	}
	path := join(s.path, n.ID)
	at, err := c.plan.at(path)
	if err != nil {
		return err
	}
	var resolved struct{ Inputs json.RawMessage }
	if err := json.Unmarshal(config, &resolved); err != nil {
		return c.fail(s, n, attempt, node.Fail(node.CodeInvalidInput, "the config cannot be read: %v", err))
	}
	inputs, problems := at.graph.CheckInputs(given(resolved.Inputs))
	if len(problems) > 0 {
		f := node.Fail(node.CodeInvalidInput, "the inputs do not fit workflow %s: %v", n.Workflow, &Invalid{problems})
		f.Final = true
		return c.fail(s, n, attempt, f)
	}
	info := s.variables.Run
	info.WorkflowID, info.Version = n.Workflow, n.Version
	inner := &scope{place: at, path: path, parent: path, index: -1, status: interpreter.Running,
		variables: interpreter.Variables{Inputs: inputs, Run: info}, results: map[string]*result{}, change: c}
	c.insertScope(inner)
	c.scopes[path] = inner
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Waiting, attempt: attempt}, nil)
	c.log("step.waiting", path, struct{}{})
	c.queue = append(c.queue, pending{scope: path})
	return nil
}

func (c *change) insertScope(s *scope) {
	var parent *string
	if s.parent != "" {
		parent = &s.parent
	}
	c.tx.Queue(`INSERT INTO scopes (run_id, workspace_id, path, parent_step, status, variables) VALUES ($1, $2, $3, $4, 'running', $5::text::json)`,
		c.run.id, c.run.workspace, s.path, parent, encode(s.variables))
}

func (c *change) subworkflowEnded(s *scope, outcome interpreter.Outcome) error {
	path, nodeID := split(s.parent)
	in, err := c.scope(path)
	if err != nil || in == nil {
		return err
	}
	known := in.results[nodeID]
	if known == nil || known.Status != interpreter.Waiting {
		return nil
	}
	n := in.graph.Node(nodeID)
	c.queue = append(c.queue, pending{scope: path})
	if outcome.Status != interpreter.Completed {
		return c.fail(in, n, known.attempt, outcome.Failure)
	}
	return c.complete(in, n, known.attempt, "", outcome.Output)
}

// given is a value that may have been left out.
func given(value json.RawMessage) json.RawMessage {
	if len(value) == 0 {
		return json.RawMessage("{}")
	}
	return value
}
