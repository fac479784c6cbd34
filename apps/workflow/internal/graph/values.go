package graph

import (
	"bytes"
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
)

func raw(v *jsontree.Value) json.RawMessage {
	if v == nil {
		return nil
	}
	return v.Raw
}

func text(v *jsontree.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}

// integer is 0 for what is none: the check of the shape has reported it.
func integer(v *jsontree.Value) int {
	var f float64
	if v == nil || v.Kind != jsontree.Number || json.Unmarshal(v.Raw, &f) != nil || f < 0 || f > 1<<31 {
		return 0
	}
	return int(f)
}

// encode writes a text as JSON, without the escapes that HTML would need.
func encode(text string) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(text)
	return bytes.TrimSpace(b.Bytes()), err
}
