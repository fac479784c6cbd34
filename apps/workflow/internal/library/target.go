package library

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/internal/id"
)

// text gives the document that a run of the version interprets. That of an agent follows from its id and version alone, so it is
// made whenever it is needed instead of being kept.
func (l *Library) text(ctx context.Context, k key) (string, error) {
	v, err := l.store.Runnable(k.workflow).PinnedVersion(ctx, k.workspace, k.workflow, int32(k.version)) //nolint:gosec // Graph checks the bounds
	if err != nil || !id.Valid(id.Agent, k.workflow) {
		return v.Text, err
	}
	return around(k)
}

// around is a workflow of one agent: it is given a prompt, and gives what the agent gives.
func around(k key) (string, error) {
	text, err := json.Marshal(map[string]any{
		"schema": document.Version, "name": fmt.Sprintf("Version %d of agent %s", k.version, k.workflow),
		"inputs": map[string]any{
			"type": "object", "required": []string{"prompt"}, "additionalProperties": false,
			"properties": map[string]any{"prompt": map[string]any{"type": []string{"string", "object", "array"}, "minLength": 1}},
		},
		"outputs": map[string]any{"text": "${{ nodes.agent.output.text }}", "data": "${{ nodes.agent.output.data }}", "turns": "${{ nodes.agent.output.turns }}"},
		"nodes": []any{map[string]any{
			"id": "agent", "type": "agent", "config": map[string]any{"agent": k.workflow, "version": k.version, "prompt": "${{ inputs.prompt }}"},
		}},
		"edges": []any{},
	})
	return string(text), err
}
