package ledger

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/id"
)

// Bounds of values (docs/workflow-document.md), in bytes of JSON.
const (
	maxOutput     = 4 << 20
	maxInline     = 64 << 10 // above it: an artifact
	maxEventValue = 16 << 10 // above it, an event only tells the size
	maxMessage    = 4 << 10
)

// clean makes a value one that PostgreSQL takes: other sides send what they like.
func clean(value json.RawMessage) json.RawMessage {
	if len(value) == 0 {
		return json.RawMessage("null")
	}
	if !utf8.Valid(value) {
		value = bytes.ToValidUTF8(value, []byte("\uFFFD"))
	}
	return value
}

// text bounds a text and takes out what PostgreSQL refuses.
func text(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " …"
	}
	return s
}

// told is a failure as it is stored, with the path of the step that failed first.
func told(f *node.Failure, path string) *node.Failure {
	if f == nil {
		return nil
	}
	copied := *f
	copied.Code, copied.Message = text(f.Code, 100), text(f.Message, maxMessage)
	if copied.Step == "" {
		copied.Step = path
	}
	return &copied
}

// encode marshals what consists of plain values; it cannot fail.
func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return `{"error": "the value cannot be written as JSON"}`
	}
	return string(data)
}

// stored is an output where it is kept.
type stored struct {
	inline   json.RawMessage
	artifact string
	bytes    int
}

// store keeps a value in its row, or as an artifact if it is large. The failure is set if it is too large.
func (c *change) store(value json.RawMessage) (stored, *node.Failure) {
	value = clean(value)
	s := stored{bytes: len(value)}
	switch {
	case len(value) > maxOutput:
		f := node.Fail(node.CodeTooLarge, "the output may have at most %d bytes as JSON, got %d; return less, or keep it elsewhere and return where", maxOutput, len(value))
		f.Final = true
		return s, f
	case len(value) <= maxInline:
		s.inline = value
		return s, nil
	}
	s.artifact = id.New(id.Artifact)
	c.tx.Queue(`INSERT INTO artifacts (id, workspace_id, run_id, media_type, content) VALUES ($1, $2, $3, 'application/json', $4)`,
		s.artifact, c.run.workspace, c.run.id, []byte(value))
	return s, nil
}

// show puts an output into an event.
func (s stored) show(data map[string]any) map[string]any {
	if s.artifact != "" {
		data["artifact"] = s.artifact
	}
	if s.bytes > maxEventValue {
		data["bytes"] = s.bytes
	} else {
		data["output"] = s.inline
	}
	return data
}
