package openapitool

import (
	"encoding/json"

	"github.com/getkin/kin-openapi/openapi3"
)

// definitions are a document's schemas by name, as JSON Schemas: made once, for all tools.
type definitions map[string]definition

type definition struct {
	schema any
	refers map[string]bool // the names of those that it refers to
}

func definitionsOf(document *openapi3.T) (definitions, error) {
	if document.Components == nil {
		return nil, nil
	}
	tree, err := treeOf(document.Components.Schemas)
	if err != nil {
		return nil, err
	}
	known := definitions{}
	for name, schema := range tree {
		d := definition{schema, map[string]bool{}}
		plain(schema, d.refers)
		known[name] = d
	}
	return known, nil
}

// closure is all that some of them lead to.
func (d definitions) closure(names map[string]bool) map[string]any {
	needed := map[string]any{}
	d.gather(names, needed)
	return needed
}

func (d definitions) gather(names map[string]bool, needed map[string]any) {
	for name := range names {
		if _, known := needed[name]; !known {
			needed[name] = d[name].schema
			d.gather(d[name].refers, needed)
		}
	}
}

// treeOf is a value as JSON has it.
func treeOf(value any) (tree map[string]any, err error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(raw, &tree)
	return tree, err
}
