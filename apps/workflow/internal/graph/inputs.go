package graph

import (
	"bytes"
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// maxInputs bounds a run's inputs as JSON.
const maxInputs = 1 << 20

// inputsOf is a document's inputs: what a run is given is checked by it, and completed.
type inputsOf struct {
	schema   *schema.Schema // nil: any object
	defaults *jsontree.Value
}

// CheckInputs checks a run's inputs against the document and gives them with defaults filled in. No inputs
// are as good as {}.
func (g *Graph) CheckInputs(inputs json.RawMessage) (json.RawMessage, []document.Problem) {
	return g.inputs.check(inputs)
}

func (i inputsOf) check(inputs json.RawMessage) (json.RawMessage, []document.Problem) {
	if len(bytes.TrimSpace(inputs)) == 0 {
		inputs = json.RawMessage("{}")
	}
	if len(inputs) > maxInputs {
		return nil, []document.Problem{problem.Format("", problem.CodeTooLarge, "the inputs have %d bytes, at most %d are allowed", len(inputs), maxInputs)}
	}
	tree, problems := jsontree.Parse(inputs, document.MaxDepth)
	if problems != nil {
		return nil, problems
	}
	if tree.Kind != jsontree.Object {
		return nil, []document.Problem{problem.Format("", problem.CodeWrongType, "expected object, found %s", tree.Kind)}
	}
	var filled bytes.Buffer
	fill(&filled, tree, i.defaults)
	if i.schema != nil {
		if problems := i.schema.Check(filled.Bytes()); len(problems) > 0 {
			return nil, problems
		}
	}
	return filled.Bytes(), nil
}

// fill writes a value with the defaults of its schema's properties.
func fill(b *bytes.Buffer, value, schema *jsontree.Value) {
	properties := schema.Get("properties")
	if value.Kind != jsontree.Object || properties == nil {
		b.Write(value.Raw)
		return
	}
	b.WriteByte('{')
	comma := ""
	for _, m := range value.Members {
		writeKey(b, comma, m.Key)
		fill(b, m.Value, properties.Get(m.Key))
		comma = ","
	}
	for _, p := range properties.Members {
		if d := p.Value.Get("default"); d != nil && value.Get(p.Key) == nil {
			writeKey(b, comma, p.Key)
			b.Write(d.Raw)
			comma = ","
		}
	}
	b.WriteByte('}')
}

func writeKey(b *bytes.Buffer, comma, key string) {
	b.WriteString(comma)
	text, _ := encode(key) // a string can always be encoded
	b.Write(text)
	b.WriteByte(':')
}
