package graph

import (
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// fields are those that a kind of config must have and may have, where the schema has those of all kinds.
type fields struct{ needs, allows []string }

func toolFields(toolType string) fields {
	f := fields{allows: []string{"type", "name", "description"}}
	switch toolType {
	case "http":
		f.needs, f.allows = []string{"url"}, append(f.allows, "parameters", "method", "headers", "query", "body", "idempotent", "credential")
	case "agent":
		f.needs = []string{"definition"}
	case "mcp": // whose server describes its tools
		return fields{[]string{"server", "tools"}, []string{"type", "name", "expires_in"}}
	case "openapi": // as a document does its operations
		return fields{[]string{"document", "operations"}, []string{"type", "name", "base_url", "credential"}}
	case "function":
		f.needs, f.allows = []string{"value"}, append(f.allows, "parameters")
	case "memory_get", "memory_set":
		f.needs = []string{"namespace"}
	case "search":
		f.allows = append(f.allows, "documents")
	default:
		return fields{} // reported by the shape
	}
	return f
}

func memoryFields(action string) fields {
	f := fields{allows: []string{"action"}}
	switch action {
	case "get", "delete":
		f.needs = []string{"namespace", "key"}
	case "set":
		f.needs, f.allows = []string{"namespace", "key", "value"}, append(f.allows, "ttl")
	case "search":
		f.needs, f.allows = []string{"query"}, append(f.allows, "documents", "limit")
	default:
		return fields{}
	}
	return f
}

// fields checks which members an object has. What says whose they are.
func (k *compiler) fields(object *jsontree.Value, what string, f fields, pointer string) {
	if f.allows == nil {
		return
	}
	for _, name := range f.needs {
		if object.Get(name) == nil {
			name = strings.Replace(name, "definition", "agent", 1) // which names it
			k.problemf(pointer, problem.CodeMissingField, "%s is missing: %s needs it", name, what)
		}
	}
	for _, m := range object.Members {
		if !slices.Contains(f.needs, m.Key) && !slices.Contains(f.allows, m.Key) {
			k.problemf(pointer+"/"+m.Key, problem.CodeNotAllowed, "%s has no %s", what, m.Key)
		}
	}
}
