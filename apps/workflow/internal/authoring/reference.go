package authoring

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

// rules are what no schema says.
//
//go:embed rules.md
var rules string

// example is a whole document; a test compiles it.
//
//go:embed example.json
var example []byte

// instructions are what the model has to know: the rules, and the types and providers that can be used here, of the same
// sources as the check and GET /v1/node-types.
func instructions(c graph.Catalog) string {
	var b strings.Builder
	b.WriteString(rules)
	b.WriteString("\n## Providers of agents\n\n")
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		if c.Providers[name] == "" {
			fmt.Fprintf(&b, "- %s\n", name)
		}
	}
	b.WriteString("\n## Types of nodes, each with the JSON Schema of its config\n")
	for _, t := range c.Types {
		if t.Unavailable != "" {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s", t.Name, t.Description)
		if len(t.Ports) > 0 {
			fmt.Fprintf(&b, " Ports: %s.", strings.Join(t.Ports, ", "))
		}
		fmt.Fprintf(&b, "\n\n%s\n", compact(t.Config))
	}
	return b.String()
}

// outputSchema is that of an answer: the schema of documents, with what was asked for and cannot be done beside it.
func outputSchema() (json.RawMessage, error) {
	var whole, definitions map[string]json.RawMessage
	if err := json.Unmarshal(document.Schema(), &whole); err != nil {
		return nil, fmt.Errorf("the schema of documents: %w", err)
	}
	if err := json.Unmarshal(whole["$defs"], &definitions); err != nil {
		return nil, fmt.Errorf("the schema of documents: %w", err)
	}
	delete(whole, "$defs")
	whole["examples"] = json.RawMessage(`[` + compact(example) + `]`)
	return json.Marshal(map[string]any{
		"type": "object",
		"properties": map[string]any{
			"document":    whole,
			"unsupported": map[string]any{"type": "array", "default": []string{}, "items": map[string]any{"type": "string"}},
		},
		"required":             []string{"document", "unsupported"},
		"additionalProperties": false,
		"$defs":                definitions,
	})
}

// compact is JSON without its layout, which costs tokens.
func compact(raw json.RawMessage) string {
	encoded, err := json.Marshal(raw)
	if err != nil {
		return string(raw)
	}
	return string(encoded)
}
