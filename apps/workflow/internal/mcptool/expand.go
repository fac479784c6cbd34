package mcptool

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Tool is one tool of a server, as an agent's config has it once it is known.
type Tool struct {
	Type        string          `json:"type"` // mcp
	Name        string          `json:"name"` // as the model knows it
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	Server      string          `json:"server"`
	Tool        string          `json:"tool"` // as the server knows it
	Idempotent  bool            `json:"idempotent"`
	ServerName  string          `json:"server_name"`
	Approve     bool            `json:"approve"` // a person has to approve each call
	ExpiresIn   string          `json:"expires_in,omitempty"`
}

// wantedOf finds the tools of type mcp in a config, in an order that is always the same.
func wantedOf(config json.RawMessage) (tree any, wanted []Wanted) {
	if !bytes.Contains(config, []byte(`"mcp"`)) {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	if decoder.Decode(&tree) != nil {
		return nil, nil // the agents' own program says so
	}
	visit(tree, func(tools []any) []any {
		for _, tool := range tools {
			if w, ok := wantedFrom(tool); ok {
				wanted = append(wanted, w)
			}
		}
		return tools
	})
	return tree, wanted
}

// wantedFrom reads a tool if it is of type mcp.
func wantedFrom(tool any) (w Wanted, ok bool) {
	fields, _ := tool.(map[string]any)
	if fields["type"] != "mcp" || fields["tool"] != nil {
		return w, false
	}
	raw, err := json.Marshal(fields)
	return w, err == nil && json.Unmarshal(raw, &w) == nil
}

// expand puts the tools that servers answered with in the place of those that were wanted.
func expand(tree any, answers []*node.CallResult) (json.RawMessage, *node.Failure) {
	var failure *node.Failure
	visit(tree, func(tools []any) []any {
		var expanded []any
		for _, tool := range tools {
			if _, ok := wantedFrom(tool); !ok {
				expanded = append(expanded, tool)
				continue
			}
			answer := answers[0]
			answers = answers[1:]
			var found []json.RawMessage
			if answer.Failure != nil {
				failure = answer.Failure
			} else if json.Unmarshal(answer.Response, &found) != nil {
				failure = node.Fail(node.CodeInternal, "the recorded tools of an MCP server cannot be read")
			}
			for _, one := range found {
				expanded = append(expanded, one)
			}
		}
		return expanded
	})
	if failure != nil {
		return nil, failure
	}
	config, err := json.Marshal(tree)
	if err != nil {
		return nil, node.Fail(node.CodeInternal, "the config with the tools of MCP servers cannot be written: %v", err)
	}
	return config, nil
}

// visit replaces every list of tools, also of agents within agents, but looks into no schema.
func visit(value any, each func(tools []any) []any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			visit(item, each)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if tools, ok := value[key].([]any); ok && key == "tools" {
				value[key] = each(tools)
			}
			if key != "parameters" && key != "output_schema" {
				visit(value[key], each)
			}
		}
	}
}
