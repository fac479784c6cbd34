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
			if name, local := strings.CutPrefix(reference, componentSchemas); local {
				value["$ref"] = "#/$defs/" + name
				if _, known := needed[name]; !known {
					needed[name] = definitions[name]
					plain(definitions[name], definitions, needed)
				}
			}
			return
		}
		if kind, ok := value["type"].(string); ok && value["nullable"] == true {
			value["type"] = []any{kind, "null"}
		}
		exclusive(value, "exclusiveMinimum", "minimum")
		exclusive(value, "exclusiveMaximum", "maximum")
		for _, key := range []string{"nullable", "example", "discriminator", "xml", "externalDocs"} {
			if _, named := value[key].(map[string]any); !named || value["type"] != nil {
				delete(value, key)
			}
		}
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
