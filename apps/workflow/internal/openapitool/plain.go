package openapitool

import "strings"

const componentSchemas = "#/components/schemas/"

// plain makes OpenAPI's schemas JSON Schemas, in place: references lead into $defs, and the names of what they lead to are noted;
// nullable is a type, and exclusive bounds that are true or false are numbers, as OpenAPI 3.0 does not have them.
func plain(value any, refers map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			plain(item, refers)
		}
	case map[string]any:
		if reference, ok := value["$ref"].(string); ok {
			lead(value, reference, refers)
			return
		}
		translate(value)
		for key, inner := range value {
			switch key {
			case "enum", "const", "default": // values, which are no schemas
			case "properties", "patternProperties":
				members(inner, refers)
			default:
				plain(inner, refers)
			}
		}
	}
}

// members makes the schemas of properties plain, whose names may be keywords too.
func members(properties any, refers map[string]bool) {
	named, _ := properties.(map[string]any)
	for _, schema := range named {
		plain(schema, refers)
	}
}

func exclusive(schema map[string]any, flag, bound string) {
	on, isFlag := schema[flag].(bool)
	if !isFlag {
		return
	}
	delete(schema, flag)
	if on {
		schema[flag] = schema[bound]
		delete(schema, bound)
	}
}

// lead turns a reference to $defs. It may lead into the middle of a definition.
func lead(schema map[string]any, reference string, refers map[string]bool) {
	path, local := strings.CutPrefix(reference, componentSchemas)
	if !local {
		return
	}
	schema["$ref"] = "#/$defs/" + path
	name, _, _ := strings.Cut(path, "/")
	refers[name] = true
}

// translate says in JSON Schema's words what OpenAPI 3.0 says in its own.
func translate(schema map[string]any) {
	if kind, ok := schema["type"].(string); ok && schema["nullable"] == true {
		schema["type"] = []any{kind, "null"}
	}
	exclusive(schema, "exclusiveMinimum", "minimum")
	exclusive(schema, "exclusiveMaximum", "maximum")
	for _, key := range []string{"nullable", "example", "discriminator", "xml", "externalDocs"} {
		delete(schema, key)
	}
}
