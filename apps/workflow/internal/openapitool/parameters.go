package openapitool

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// parameters gathers what a tool takes: the operation's parameters by name, and body.
type parameters struct {
	properties map[string]any
	required   []string
	used       map[string]string // an argument's name, and the parameter that it stands for
}

// dots keeps a path parameter from leading to another path.
var dots = json.RawMessage(`{"enum": ["", ".", ".."]}`) //nolint:gochecknoglobals // a constant

// add lets an argument stand for a parameter. Cookies belong to the connection; one that must be sent refuses the operation.
func (p *parameters) add(given *openapi3.Parameter, to *tool) error {
	if given.In == openapi3.ParameterInCookie {
		if given.Required {
			return fmt.Errorf("it needs the cookie %s, which a tool cannot send", given.Name)
		}
		return nil
	}
	if given.Schema == nil {
		return fmt.Errorf("the parameter %s has no schema", given.Name)
	}
	name, err := p.name(given)
	if err != nil {
		return err
	}
	schema := map[string]any{"allOf": []any{given.Schema}}
	if given.Description != "" {
		schema["description"] = given.Description
	}
	value := fmt.Sprintf(`${{ has(args.%[1]s) ? dyn(args.%[1]s) : dyn(null) }}`, name)
	switch given.In {
	case openapi3.ParameterInPath:
		schema["type"], schema["not"] = []string{"string", "integer", "number", "boolean"}, dots
		to.URL = strings.ReplaceAll(to.URL, "{"+given.Name+"}", "${{ path_escape(args."+name+") }}")
		given.Required = true
	case openapi3.ParameterInQuery:
		to.Query[given.Name] = value
	default:
		to.Headers[given.Name] = value
	}
	p.properties[name] = schema
	if given.Required {
		p.required = append(p.required, name)
	}
	return nil
}

// name is an argument's: the parameter's, as far as expressions can say it.
func (p *parameters) name(given *openapi3.Parameter) (string, error) {
	name := regexp.MustCompile(`[^A-Za-z0-9_]`).ReplaceAllString(given.Name, "_")
	if !regexp.MustCompile(`^[A-Za-z_]`).MatchString(name) || slices.Contains([]string{"in", "as", "true", "false", "null"}, name) {
		name = "p_" + name
	}
	if other, taken := p.used[name]; taken || name == "body" {
		return "", fmt.Errorf("the parameters %q and %q cannot be told apart as arguments", given.Name, other)
	}
	p.used[name] = given.Name
	return name, nil
}

// body takes JSON alone.
func (p *parameters) body(given *openapi3.RequestBodyRef, to *tool) error {
	if given == nil || given.Value == nil {
		return nil
	}
	media := given.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		if given.Value.Required {
			return errors.New("its body is not application/json")
		}
		return nil
	}
	p.properties["body"] = media.Schema
	to.Body = `${{ has(args.body) ? dyn(args.body) : dyn(null) }}`
	if given.Value.Required {
		p.required = append(p.required, "body")
	}
	return nil
}

// schema is a JSON Schema that stands by itself: what it refers to comes along.
func (p *parameters) schema(known definitions) (json.RawMessage, error) {
	tree, err := treeOf(p.properties)
	if err != nil {
		return nil, err
	}
	refers := map[string]bool{}
	members(tree, refers)
	schema := map[string]any{"type": "object", "properties": tree, "additionalProperties": false}
	if len(p.required) > 0 {
		schema["required"] = p.required
	}
	if len(refers) > 0 {
		schema["$defs"] = known.closure(refers)
	}
	return json.Marshal(schema)
}
