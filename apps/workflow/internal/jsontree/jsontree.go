// Package jsontree reads JSON into a tree that keeps what encoding/json drops: the order of keys, keys that
// come twice, numbers as they were written, and the text of every value.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// Kind is the type of a JSON value, in JSON Schema's words.
type Kind string

// The kinds of values.
const (
	Null   Kind = "null"
	Bool   Kind = "boolean"
	Number Kind = "number"
	String Kind = "string"
	Array  Kind = "array"
	Object Kind = "object"
)

// Value is one JSON value.
type Value struct {
	Kind    Kind
	Raw     json.RawMessage // its text in the source
	Text    string          // of a String, unescaped
	Items   []*Value        // of an Array
	Members []Member        // of an Object
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value *Value
}

// Get finds a member; nil if there is none, or the value is no object.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for _, m := range v.Members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// Parse reads one value that is nested at most depth deep. A key that comes twice is refused, as readers
// would disagree about which one counts.
func Parse(data []byte, depth int) (*Value, []problem.Problem) {
	if !utf8.Valid(data) {
		return nil, []problem.Problem{problem.Format("", problem.CodeInvalidJSON, "the text is not UTF-8")}
	}
	p := parser{decoder: json.NewDecoder(bytes.NewReader(data)), data: data, depth: depth}
	p.decoder.UseNumber()
	value, err := p.value("", 1)
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, []problem.Problem{p.problem(err)}
	}
	return value, problem.Sorted(p.problems)
}

type parser struct {
	decoder  *json.Decoder
	data     []byte
	depth    int
	problems []problem.Problem
}

var errTooDeep = errors.New("too deep")

func (p *parser) problem(err error) problem.Problem {
	if errors.Is(err, errTooDeep) {
		return problem.Format("", problem.CodeTooDeep, "the JSON is nested deeper than %d at byte %d: flatten it", p.depth, p.decoder.InputOffset())
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return problem.Format("", problem.CodeInvalidJSON, "the JSON ends too early, at byte %d", len(p.data))
	}
	return problem.Format("", problem.CodeInvalidJSON, "this is no JSON at byte %d: %v", p.decoder.InputOffset(), err)
}

func (p *parser) end() error {
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}

func (p *parser) value(pointer string, level int) (*Value, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	return p.from(token, pointer, level)
}

func (p *parser) from(token json.Token, pointer string, level int) (*Value, error) {
	if level > p.depth {
		return nil, errTooDeep
	}
	end := p.decoder.InputOffset()
	switch t := token.(type) {
	case json.Delim:
		return p.composite(t, pointer, level)
	case string:
		return &Value{Kind: String, Text: t, Raw: p.scalar(end)}, nil
	case json.Number:
		return &Value{Kind: Number, Raw: json.RawMessage(t)}, nil
	case bool:
		return &Value{Kind: Bool, Raw: fmt.Append(nil, t)}, nil
	default:
		return &Value{Kind: Null, Raw: json.RawMessage("null")}, nil
	}
}

// scalar is the text of the string that ends at the offset: its opening quote is the one before which no
// backslash stands.
func (p *parser) scalar(end int64) json.RawMessage {
	for start := end - 2; start >= 0; start-- {
		if p.data[start] == '"' && !escaped(p.data[:start]) {
			return json.RawMessage(p.data[start:end])
		}
	}
	return nil
}

func escaped(before []byte) bool {
	return (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1
}

func (p *parser) composite(open json.Delim, pointer string, level int) (*Value, error) {
	start := p.decoder.InputOffset() - 1
	value := &Value{Kind: Array}
	read := p.items
	if open == '{' {
		value.Kind, read = Object, p.members
	}
	if err := read(value, pointer, level); err != nil {
		return nil, err
	}
	if _, err := p.decoder.Token(); err != nil { // the closing bracket
		return nil, err
	}
	value.Raw = json.RawMessage(p.data[start:p.decoder.InputOffset()])
	return value, nil
}

func (p *parser) items(value *Value, pointer string, level int) error {
	for p.decoder.More() {
		item, err := p.value(problem.Join(pointer, len(value.Items)), level+1)
		if err != nil {
			return err
		}
		value.Items = append(value.Items, item)
	}
	return nil
}

func (p *parser) members(value *Value, pointer string, level int) error {
	seen := map[string]bool{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		at := problem.Join(pointer, key)
		if seen[key] && len(p.problems) < problem.Most {
			p.problems = append(p.problems, problem.Format(at, problem.CodeDuplicateKey, "the key %q comes twice: keep one of the two", key))
		}
		seen[key] = true
		member, err := p.value(at, level+1)
		if err != nil {
			return err
		}
		value.Members = append(value.Members, Member{Key: key, Value: member})
	}
	return nil
}
