package expression

import (
	"encoding/json"
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
)

// fields is what a JSON Schema says about a value, as far as expressions can be checked by it.
type fields struct {
	kind       *cel.Type
	properties map[string]*fields
	item       *fields
	closed     bool // no other properties are to be expected
}

const (
	maxDeclaredDepth = 3
	maxDeclared      = 300
)

func closed(names ...string) *fields {
	f := &fields{kind: cel.DynType, properties: map[string]*fields{}, closed: true}
	for _, name := range names {
		f.properties[name] = &fields{kind: cel.DynType}
	}
	return f
}

// fieldsOf reads a JSON Schema; what it does not understand is of any type.
func fieldsOf(raw json.RawMessage) *fields {
	var schema map[string]any
	if json.Unmarshal(raw, &schema) != nil {
		return &fields{kind: cel.MapType(cel.StringType, cel.DynType)}
	}
	f := read(schema, 0)
	f.kind = cel.MapType(cel.StringType, cel.DynType) // inputs and args are always objects
	return f
}

func read(schema any, depth int) *fields {
	object, ok := schema.(map[string]any)
	if !ok || depth > maxDeclaredDepth {
		return &fields{kind: cel.DynType}
	}
	f := &fields{kind: cel.DynType}
	switch object["type"] {
	case "string":
		f.kind = cel.StringType
	case "boolean":
		f.kind = cel.BoolType
	case "integer":
		f.kind = cel.DynType // 3.0 is an integer too, and a double in CEL
	case "array":
		f.item = read(object["items"], depth+1)
		f.kind = cel.ListType(f.item.kind)
	case "object":
		f.kind = cel.MapType(cel.StringType, cel.DynType)
		f.readProperties(object, depth)
	}
	return f
}

func (f *fields) readProperties(object map[string]any, depth int) {
	properties, ok := object["properties"].(map[string]any)
	if !ok {
		return
	}
	f.properties = map[string]*fields{}
	for name, schema := range properties {
		f.properties[name] = read(schema, depth+1)
	}
	f.closed = true
	for _, keyword := range []string{"patternProperties", "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"} {
		if _, used := object[keyword]; used {
			f.closed = false
		}
	}
	if more, stated := object["additionalProperties"]; stated && more != false {
		f.closed = false
	}
}

// declare adds a variable for the value, and for those of its properties whose type is known.
func (f *fields) declare(name string, declared map[string]*cel.Type, depth int) {
	declared[name] = f.kind
	if depth >= maxDeclaredDepth {
		return
	}
	for _, property := range slices.Sorted(maps.Keys(f.properties)) {
		if len(declared) >= maxDeclared || !identifier(property) {
			continue
		}
		if inner := f.properties[property]; inner.kind != cel.DynType {
			inner.declare(name+"."+property, declared, depth+1)
		}
	}
}

// identifier says whether CEL can select a property of this name by a dot.
func identifier(name string) bool {
	for i := range len(name) {
		if !isWord(name[i]) || i == 0 && name[i] >= '0' && name[i] <= '9' {
			return false
		}
	}
	return name != ""
}
