package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

func TestCheck(t *testing.T) {
	const person = `{"type": "object", "properties": {
		"name": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"},
		"age": {"type": "integer", "minimum": 0, "maximum": 150},
		"kind": {"enum": ["cat", "dog"]},
		"tags": {"type": "array", "maxItems": 2, "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
		"required": ["name"], "additionalProperties": false}`
	tests := []struct{ name, value, pointer, code, text string }{
		{"missing", `{}`, "", problem.CodeMissingField, "name is missing"},
		{"type", `{"name": 3}`, "/name", problem.CodeWrongType, "expected string, found number 3"},
		{"fraction", `{"name": "ab", "age": 1.5}`, "/age", problem.CodeWrongType, "expected integer, found number 1.5"},
		{"huge", `{"name": "ab", "age": 1e300}`, "/age", problem.CodeOutOfRange, "expected at most 150, found 1e+300"},
		{"length", `{"name": "a"}`, "/name", problem.CodeOutOfRange, "expected at least 2 characters, found 1"},
		{"pattern", `{"name": "SECRET"}`, "/name", problem.CodeInvalidFormat, "the text does not match the pattern ^[a-z]+$"},
		{"enum", `{"name": "ab", "kind": "cow"}`, "/kind", problem.CodeUnknownValue, `expected "cat" or "dog"`},
		{"unknown", `{"name": "ab", "a/b": 1}`, "/a~1b", problem.CodeUnknownField, "there is no field a/b"},
		{"alternatives", `{"name": "ab", "tags": [1]}`, "/tags/0", problem.CodeSchemaMismatch, "none of the alternatives: expected string, found number 1"},
	}
	s, problems := Compile(json.RawMessage(person))
	if problems != nil {
		t.Fatal(problems)
	}
	if got := s.Check(json.RawMessage(`{"name": "ab", "age": 3, "kind": "cat", "tags": ["x", null]}`)); got != nil {
		t.Errorf("a value that fits gave %v", got)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := s.Check(json.RawMessage(tt.value))
			if len(got) != 1 || got[0].Pointer != tt.pointer || got[0].Code != tt.code || !strings.Contains(got[0].Message, tt.text) {
				t.Errorf("got %+v", got)
			}
			if strings.Contains(fmt.Sprint(got), "SECRET") {
				t.Error("the message tells the value")
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct{ name, source, pointer, text string }{
		{"no schema", `3`, "", "expected"},
		{"wrong type", `{"properties": {"a": {"type": "strin"}}}`, "/properties/a/type", "strin"},
		{"elsewhere", `{"$ref": "https://example.com/x.json"}`, "", "$defs"},
		{"a file", `{"$ref": "file:///etc/passwd"}`, "", "$defs"},
		{"nowhere", `{"$ref": "#/$defs/x"}`, "", "$defs/x"},
		{"bad pattern", `{"pattern": "("}`, "/pattern", "missing closing"},
		{"key twice", `{"type": "object", "type": "string"}`, "/type", "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Compile(json.RawMessage(tt.source))
			if len(problems) == 0 || problems[0].Pointer != tt.pointer || !strings.Contains(fmt.Sprint(problems), tt.text) {
				t.Errorf("got %+v", problems)
			}
		})
	}
}

// Each of these would keep a processor busy for years without the meter.
func TestCheckEndsSoon(t *testing.T) {
	var chain strings.Builder
	for i := range 60 {
		fmt.Fprintf(&chain, `"a%d": {"allOf": [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%d"}]},`, i, i+1, i+1)
	}
	tests := []struct{ name, schema, value string }{
		{"doubling references", `{"$ref": "#/$defs/a0", "$defs": {` + chain.String() + `"a60": {"type": "object"}}}`, `{}`},
		{"doubling references that fail", `{"$ref": "#/$defs/a0", "$defs": {` + strings.ReplaceAll(chain.String(), "allOf", "anyOf") + `"a60": {"type": "object"}}}`, `1`},
		{"a number of a million digits", `{"type": "integer", "multipleOf": 3}`, `1e1000000`},
		{"a number of a million places", `{"type": "integer", "multipleOf": 3}`, `1e-1000000`},
		{"recursion with the value", `{"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "required": ["b"]}`,
			strings.Repeat(`{"a":`, 60) + `1` + strings.Repeat(`}`, 60)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, problems := Compile(json.RawMessage(tt.schema))
			if problems != nil {
				t.Fatal(problems)
			}
			began := time.Now()
			got := s.Check(json.RawMessage(tt.value))
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if len(got) == 0 || !strings.Contains(fmt.Sprint(got), "steps") && !strings.Contains(fmt.Sprint(got), "is too") {
				t.Errorf("got %v", got)
			}
		})
	}
}

func FuzzSchema(f *testing.F) {
	f.Add(`{"type": "object", "properties": {"a": {"$ref": "#"}}}`, `{"a": {"a": 1}}`)
	f.Add(`{"anyOf": [{"const": 1}, {"not": {"type": "string"}}]}`, `"x"`)
	f.Add(`{"maximum": 1e999999}`, `1e-999999`)
	f.Add(`{"$id": "http://x/y", "$anchor": "z", "$dynamicRef": "#z"}`, `null`)
	f.Fuzz(func(_ *testing.T, source, value string) {
		s, problems := Compile(json.RawMessage(source))
		if problems != nil {
			return
		}
		s.Check(json.RawMessage(value))
	})
}
