package model

import (
	"encoding/json"
	"strings"
)

// outputSchema is the schema as the providers enforce it, or else words that ask for it: they enforce a part
// of JSON Schema alone, and refuse a request with more. Whoever asked checks the answer in any case.
func (r Request) outputSchema() (enforced map[string]any, instructions string) {
	instructions = r.Instructions
	if len(r.OutputSchema) == 0 {
		return nil, instructions
	}
	if schema := asObject(r.OutputSchema); isEnforceable(schema) && schema["type"] == "object" {
		return schema, instructions
	}
	if instructions != "" {
		instructions += "\n\n"
	}
	return nil, instructions + "Your final answer must be one JSON value that fits the following JSON Schema, without anything before or after it:\n" + string(r.OutputSchema)
}

// parameters is the schema of a tool's arguments; the providers insist on an object.
func (t Tool) parameters() map[string]any {
	schema := asObject(t.Parameters)
	if schema == nil {
		schema = map[string]any{}
	}
	schema["type"] = "object"
	if _, ok := schema["properties"]; !ok {
		schema["properties"] = map[string]any{}
	}
	return schema
}

func asObject(raw json.RawMessage) map[string]any {
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	return object
}

// isEnforceable finds the schemas that both OpenAI and Anthropic enforce: objects that are closed and whose
// properties are all required, arrays, enumerations, and alternatives of these.
func isEnforceable(schema map[string]any) bool {
	for keyword := range schema {
		switch keyword {
		case "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description", "title":
		default:
			return false
		}
	}
	if alternatives, ok := schema["anyOf"].([]any); ok {
		return schema["type"] == nil && allEnforceable(alternatives)
	}
	switch schema["type"] {
	case "object":
		return isClosed(schema)
	case "array":
		items, ok := schema["items"].(map[string]any)
		return ok && isEnforceable(items)
	case "string", "number", "integer", "boolean", "null":
		return true
	}
	return false
}

func isClosed(schema map[string]any) bool {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	if schema["additionalProperties"] != false || len(properties) == 0 || len(required) != len(properties) {
		return false
	}
	values := make([]any, 0, len(properties))
	for _, name := range required {
		name, _ := name.(string)
		values = append(values, properties[name])
	}
	return allEnforceable(values)
}

func allEnforceable(values []any) bool {
	for _, value := range values {
		schema, ok := value.(map[string]any)
		if !ok || !isEnforceable(schema) {
			return false
		}
	}
	return len(values) > 0
}

// Unfenced takes JSON out of the Markdown that models like to put around it.
func Unfenced(text string) string {
	text = strings.TrimSpace(text)
	inner, ok := strings.CutPrefix(text, "```")
	if !ok {
		return text
	}
	inner, ok = strings.CutSuffix(inner, "```")
	if !ok {
		return text
	}
	return strings.TrimSpace(strings.TrimPrefix(inner, "json"))
}
