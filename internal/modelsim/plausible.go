package modelsim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Bounds for schemas that refer to themselves, or ask for lists of lists.
const (
	maxDepth  = 12
	maxValues = 10_000
)

// plausible is a JSON value that fits a schema in the common cases. Its texts name it a simulation.
func plausible(schema json.RawMessage) json.RawMessage {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return json.RawMessage(`{}`)
	}
	filler := &filler{root: root}
	value, err := json.Marshal(filler.fill(root, "value", 0))
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return value
}

type filler struct {
	root   any
	values int // so far
}

func (f *filler) fill(value any, name string, depth int) any {
	schema, ok := value.(map[string]any)
	if f.values++; !ok || depth > maxDepth || f.values > maxValues {
		return nil
	}
	if reference, ok := schema["$ref"].(string); ok {
		return f.fill(f.resolve(reference), name, depth+1)
	}
	if given, ok := stated(schema); ok {
		return given
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if list, ok := schema[keyword].([]any); ok && len(list) > 0 {
			return f.fill(list[0], name, depth+1)
		}
	}
	return f.byType(f.merged(schema), name, depth)
}

// stated is a value that the schema itself gives.
func stated(schema map[string]any) (value any, ok bool) {
	for _, keyword := range []string{"const", "default"} {
		if given, ok := schema[keyword]; ok {
			return given, true
		}
	}
	for _, keyword := range []string{"enum", "examples"} {
		if list, ok := schema[keyword].([]any); ok && len(list) > 0 {
			return list[0], true
		}
	}
	return nil, false
}

// merged brings the parts of allOf together, as far as they are objects.
func (f *filler) merged(schema map[string]any) map[string]any {
	parts, ok := schema["allOf"].([]any)
	if !ok {
		return schema
	}
	whole := maps.Clone(schema)
	properties := map[string]any{}
	for _, part := range append(parts, any(schema)) {
		part, _ := part.(map[string]any)
		if reference, ok := part["$ref"].(string); ok {
			part, _ = f.resolve(reference).(map[string]any)
		}
		own, _ := part["properties"].(map[string]any)
		maps.Copy(properties, own)
		if kind, ok := part["type"]; ok {
			whole["type"] = kind
		}
	}
	if len(properties) > 0 {
		whole["type"], whole["properties"] = "object", properties
	}
	return whole
}

func (f *filler) byType(schema map[string]any, name string, depth int) any {
	switch typeOf(schema) {
	case "object":
		return f.object(schema, depth)
	case "array":
		items := make([]any, 0, 1)
		for range max(1, min(100, int(number(schema, "minItems", 1)))) {
			items = append(items, f.fill(schema["items"], name, depth+1))
		}
		return items
	case "integer", "number":
		return max(number(schema, "minimum", number(schema, "exclusiveMinimum", 0)+1), min(1, number(schema, "maximum", 1)))
	case "boolean":
		return true
	case "null":
		return nil
	}
	return text(schema, name)
}

func (f *filler) object(schema map[string]any, depth int) map[string]any {
	object := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		// What refers to itself ends as soon as it may.
		if depth < 3 || slices.Contains(required, any(key)) {
			object[key] = f.fill(properties[key], key, depth+1)
		}
	}
	return object
}

func (f *filler) resolve(reference string) any {
	value := f.root
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(reference, "#"), "/"), "/") {
		object, ok := value.(map[string]any)
		if part == "" {
			continue
		}
		if !ok {
			return nil
		}
		value = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return value
}

func typeOf(schema map[string]any) string {
	switch kind := schema["type"].(type) {
	case string:
		return kind
	case []any:
		if len(kind) > 0 {
			first, _ := kind[0].(string)
			return first
		}
	}
	if schema["properties"] != nil {
		return "object"
	}
	if schema["items"] != nil {
		return "array"
	}
	return "string"
}

func text(schema map[string]any, name string) string {
	switch schema["format"] {
	case "date-time":
		return "2026-01-01T12:00:00Z"
	case "date":
		return "2026-01-01"
	case "time":
		return "12:00:00Z"
	case "email":
		return "simulated@example.com"
	case "uri", "url":
		return "https://example.com/simulated"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	}
	words := mark + " " + name
	if missing := int(number(schema, "minLength", 0)) - len(words); missing > 0 {
		words += strings.Repeat(".", min(missing, 10_000))
	}
	if most := int(number(schema, "maxLength", 1e6)); most < len(words) {
		words = words[:max(0, most)]
	}
	return words
}

func number(schema map[string]any, keyword string, otherwise float64) float64 {
	if value, ok := schema[keyword].(float64); ok {
		return value
	}
	return otherwise
}
