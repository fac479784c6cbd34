package graph

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// subworkflow checks that the version exists, and its inputs as far as they are known.
func (k *compiler) subworkflow(n *Node, config *jsontree.Value, pointer string) {
	n.Workflow, n.Version = text(config.Get("workflow")), integer(config.Get("version"))
	if k.catalog.Subworkflow == nil {
		return
	}
	inputs, found, err := k.catalog.Subworkflow(n.Workflow, n.Version)
	switch {
	case err != nil:
		k.problemf(pointer+"/workflow", problem.CodeUnavailable, "workflow %s could not be looked up; try again", n.Workflow)
	case !found:
		k.problemf(pointer+"/version", problem.CodeUnknownVersion, "there is no version %d of a workflow %s", n.Version, n.Workflow)
	default:
		k.given(config.Get("inputs"), inputs, pointer)
	}
}

// given checks the inputs that a sub-workflow is given, but for what their expressions will give.
func (k *compiler) given(given *jsontree.Value, inputs json.RawMessage, pointer string) {
	value := json.RawMessage("{}")
	if given != nil {
		value = given.Raw
	}
	if given != nil && given.Kind != jsontree.Object {
		return
	}
	_, problems := (&compiler{}).inputs(inputs, "").check(value)
	for _, p := range problems {
		if !openUntilRun(lookup(given, p.Pointer), p.Code) {
			p.Message = "inputs of the sub-workflow: " + p.Message
			p.Pointer = pointer + "/inputs" + p.Pointer
			k.problems = append(k.problems, p)
		}
	}
}
