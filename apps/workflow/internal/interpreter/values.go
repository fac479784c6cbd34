package interpreter

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

// values gives expressions their variables, and reads and decodes each output at most once.
type values struct {
	results Results
	base    map[string]any
	outputs map[string]json.RawMessage
	decoded map[string]expression.Value
}

func newValues(v Variables, r Results) *values {
	return &values{results: r, base: v.named(), outputs: map[string]json.RawMessage{}, decoded: map[string]expression.Value{}}
}

// named are the variables by the names that expressions use.
func (v Variables) named() map[string]any {
	named := map[string]any{
		"inputs": orEmpty(v.Inputs), "with": orEmpty(v.With), "index": v.Index,
		"run": map[string]any{"id": v.Run.ID, "workflow_id": v.Run.WorkflowID, "version": v.Run.Version, "started_at": v.Run.StartedAt, "thread": v.Run.Thread},
	}
	if v.Item != nil {
		named["item"] = v.Item
	}
	return named
}

func orEmpty(object json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(object)) == 0 {
		return json.RawMessage("{}")
	}
	return object
}

func (v *values) evaluated(n *graph.Node, output json.RawMessage) { v.outputs[n.ID] = output }

// raw is a completed node's output as JSON.
func (v *values) raw(id string) (json.RawMessage, error) {
	if output, ok := v.outputs[id]; ok {
		return output, nil
	}
	output, err := v.results.Output(id)
	if err != nil {
		return nil, fmt.Errorf("read the output of step %s: %w", id, err)
	}
	if len(output) == 0 {
		output = json.RawMessage("null")
	}
	v.outputs[id] = output
	return output, nil
}

func (v *values) output(id string) (expression.Value, error) {
	if value, ok := v.decoded[id]; ok {
		return value, nil
	}
	output, err := v.raw(id)
	if err != nil {
		return expression.Value{}, err
	}
	value, err := expression.Decode(output)
	if err != nil {
		return value, fmt.Errorf("decode the output of step %s: %w", id, err)
	}
	v.decoded[id] = value
	return value, nil
}

// of are the variables that the templates use. Other variables are decoded once for all templates.
func (v *values) of(a *advance, templates ...*expression.Template) (map[string]any, error) {
	dynamic := false
	nodes := map[string]any{}
	for _, t := range templates {
		dynamic = dynamic || t.Dynamic()
		for _, reference := range t.References() {
			if err := v.reference(a, nodes, reference); err != nil {
				return nil, err
			}
		}
	}
	if !dynamic {
		return nil, nil
	}
	if err := v.decodeBase(); err != nil {
		return nil, err
	}
	v.base["nodes"] = nodes
	return v.base, nil
}

// decodeBase decodes the scope's variables, once.
func (v *values) decodeBase() error {
	for name, value := range v.base {
		text, ok := value.(json.RawMessage)
		if !ok {
			continue
		}
		decoded, err := expression.Decode(text)
		if err != nil {
			return fmt.Errorf("decode the variable %s: %w", name, err)
		}
		v.base[name] = decoded
	}
	return nil
}

// reference adds what an expression uses of a node. What has not ended is null: only a join that does not
// wait for all can be after such a node.
func (v *values) reference(a *advance, nodes map[string]any, r expression.Reference) error {
	n := a.graph.Node(r.Node)
	if n == nil {
		return nil
	}
	state := a.states[n.Position]
	fields, ok := nodes[r.Node].(map[string]any)
	if !ok {
		fields = map[string]any{"output": nil, "status": string(state.Status), "error": nil}
		nodes[r.Node] = fields
	}
	if state.Failure != nil && state.Status == Failed {
		fields["error"] = map[string]any{"code": state.Failure.Code, "message": state.Failure.Message}
	}
	if (r.Field == "output" || r.Field == "") && state.Status == Completed {
		value, err := v.output(r.Node)
		if err != nil {
			return err
		}
		fields["output"] = value
	}
	return nil
}
