package openapitool

import "strings"

const componentSchemas = "#/components/schemas/"

// plain makes OpenAPI's schemas JSON Schemas, in place: references lead into $defs, with what they lead to gathered in
// needed; nullable is a type, and exclusive bounds that are true or false are numbers, as OpenAPI 3.0 does not have them.
func plain(value any, definitions, needed map[string]any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			plain(item, definitions, needed)
		}
	case map[string]any:
		if reference, ok := value["$ref"].(string); ok {
			lead(value, reference, definitions, needed)
			return
		}
		translate(value)
		for _, inner := range value {
			plain(inner, definitions, needed)
		}
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

// lead turns a reference to $defs, and takes along what it leads to.
func lead(schema map[string]any, reference string, definitions, needed map[string]any) {
	name, local := strings.CutPrefix(reference, componentSchemas)
	if !local {
		return
	}
	schema["$ref"] = "#/$defs/" + name
	if _, known := needed[name]; !known {
		needed[name] = definitions[name]
		plain(definitions[name], definitions, needed)
	}
}

// translate says in JSON Schema's words what OpenAPI 3.0 says in its own. A map without a type may be one of properties.
func translate(schema map[string]any) {
	if kind, ok := schema["type"].(string); ok && schema["nullable"] == true {
		schema["type"] = []any{kind, "null"}
	}
	exclusive(schema, "exclusiveMinimum", "minimum")
	exclusive(schema, "exclusiveMaximum", "maximum")
	for _, key := range []string{"nullable", "example", "discriminator", "xml", "externalDocs"} {
		if _, named := schema[key].(map[string]any); !named || schema["type"] != nil {
			delete(schema, key)
		}
	}
}
