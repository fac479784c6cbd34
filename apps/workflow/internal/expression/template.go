// Package expression compiles and evaluates the expressions of documents: any JSON value in whose strings
// ${{ … }} holds CEL. An expression is bounded in length, cost, time and memory, and reaches nothing but its
// variables.
package expression

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// MaxResolved bounds a value with all its expressions resolved: an output's bound.
const MaxResolved = 4 << 20

// Reference is one use of a node's result.
type Reference struct {
	Node  string
	Field string // output, status or error; empty: all of them
}

// Template is a JSON value with expressions, compiled. It is safe for concurrent use.
type Template struct {
	pieces     []piece
	references []Reference
	dynamic    bool
}

// piece is a stretch of JSON that stays as it is, or a string with expressions.
type piece struct {
	json  json.RawMessage
	parts []textPart
	text  bool // a string even if it is one expression
}

type textPart struct {
	text    string   // with the program, the expression as it was written
	program *program // nil: literal text
}

// Compile reads a JSON value with expressions. The error is of type Errors.
func Compile(value json.RawMessage, env *Env) (*Template, error) {
	return CompileAt(value, env, Places{})
}

// Places are values with rules of their own, by their pointers.
type Places struct {
	Literal func(pointer string) bool // stays as it is, whatever it holds
	Text    func(pointer string) bool // becomes a string, unless it is null
}

// CompileAt is Compile with rules for some places.
func CompileAt(value json.RawMessage, env *Env, places Places) (*Template, error) {
	tree, problems := jsontree.Parse(value, maxDepth)
	if problems != nil {
		return nil, Errors{{Pointer: problems[0].Pointer, Code: problems[0].Code, Message: problems[0].Message}}
	}
	c := compiler{env: env, places: places}
	c.value(tree, "")
	c.flush()
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	t := &Template{pieces: c.pieces}
	for _, p := range t.programs() {
		t.dynamic = true
		t.references = append(t.references, p.references...)
	}
	slices.SortFunc(t.references, func(a, b Reference) int { return strings.Compare(a.Node+"."+a.Field, b.Node+"."+b.Field) })
	t.references = slices.Compact(t.references)
	return t, nil
}

type compiler struct {
	env     *Env
	places  Places
	literal bytes.Buffer
	pieces  []piece
	faults  Errors
}

func (c *compiler) flush() {
	if c.literal.Len() > 0 {
		c.pieces = append(c.pieces, piece{json: bytes.Clone(c.literal.Bytes())})
		c.literal.Reset()
	}
}

func (c *compiler) value(v *jsontree.Value, pointer string) {
	switch {
	case c.places.Literal != nil && c.places.Literal(pointer), !Has(string(v.Raw)) && !strings.Contains(string(v.Raw), `\u`):
		c.literal.Write(v.Raw)
	case v.Kind == jsontree.String:
		c.text(v, pointer)
	case v.Kind == jsontree.Array:
		c.literal.WriteByte('[')
		for i, item := range v.Items {
			c.comma(i)
			c.value(item, problem.Join(pointer, i))
		}
		c.literal.WriteByte(']')
	case v.Kind == jsontree.Object:
		c.literal.WriteByte('{')
		for i, m := range v.Members {
			c.comma(i)
			c.key(m.Key, pointer)
			c.value(m.Value, problem.Join(pointer, m.Key))
		}
		c.literal.WriteByte('}')
	default:
		c.literal.Write(v.Raw)
	}
}

func (c *compiler) comma(i int) {
	if i > 0 {
		c.literal.WriteByte(',')
	}
}

func (c *compiler) key(key, pointer string) {
	if Has(key) {
		c.faults = append(c.faults, &Error{Pointer: problem.Join(pointer, key), Code: problem.CodeNotAllowed, Expression: key, Message: "a key cannot hold an expression: build the whole object in one"})
	}
	w := writer{}
	w.text(key)
	c.literal.Write(w.Bytes())
	c.literal.WriteByte(':')
}

func (c *compiler) text(v *jsontree.Value, pointer string) {
	if !Has(v.Text) {
		c.literal.Write(v.Raw)
		return
	}
	parts, err := split(v.Text)
	if err != nil {
		c.faults = append(c.faults, &Error{Pointer: pointer, Code: problem.CodeExpression, Expression: v.Text, Message: err.Error()})
		return
	}
	c.flush()
	compiled := make([]textPart, 0, len(parts))
	for _, p := range parts {
		if !p.expression {
			compiled = append(compiled, textPart{text: p.text})
			continue
		}
		program, faults := c.env.compile(p.text, pointer)
		c.faults = append(c.faults, faults...)
		compiled = append(compiled, textPart{text: p.text, program: program})
	}
	c.pieces = append(c.pieces, piece{parts: compiled, text: c.places.Text != nil && c.places.Text(pointer)})
}

// References lists the nodes' results that the expressions use, sorted.
func (t *Template) References() []Reference { return t.references }

// Uses lists every use of a node's result with the expression that it stands in.
func (t *Template) Uses() []Use {
	var uses []Use
	for _, p := range t.programs() {
		for _, r := range p.references {
			uses = append(uses, Use{Reference: r, Pointer: p.pointer, Expression: strings.TrimSpace(p.source)})
		}
	}
	return uses
}

// Use is a reference with its place.
type Use struct {
	Reference
	Pointer    string // within the value
	Expression string
}

// Dynamic says whether there is any expression.
func (t *Template) Dynamic() bool { return t.dynamic }

// MayBe says whether the value can be of a type: boolean, string, number, array or object. It is true when
// that is known only in the run.
func (t *Template) MayBe(kind jsontree.Kind) bool {
	if len(t.pieces) != 1 || len(t.pieces[0].parts) != 1 {
		return kind == jsontree.String // a text with expressions in it; other values are known to their reader
	}
	switch t.pieces[0].parts[0].program.kind.Kind() {
	case cel.BoolKind:
		return kind == jsontree.Bool
	case cel.IntKind, cel.UintKind, cel.DoubleKind:
		return kind == jsontree.Number
	case cel.StringKind, cel.BytesKind, cel.TimestampKind, cel.DurationKind:
		return kind == jsontree.String
	case cel.ListKind:
		return kind == jsontree.Array
	case cel.MapKind:
		return kind == jsontree.Object
	default:
		return true
	}
}

// Evaluate gives the value with every expression resolved. The variables are those of the environment by
// name: a Value, a json.RawMessage, or what encoding/json decodes; nodes is a map of ids to maps with output,
// status and error. The error is of type *Error.
func (t *Template) Evaluate(vars map[string]any) (json.RawMessage, error) {
	if !t.dynamic {
		return t.constant(), nil
	}
	a := newActivation(vars)
	w := writer{}
	for _, piece := range t.pieces {
		if piece.parts == nil {
			w.Write(piece.json)
			continue
		}
		if err := piece.write(&w, a); err != nil {
			return nil, err
		}
		if w.Len() > MaxResolved {
			return nil, &Error{Code: node.CodeTooLarge, Message: fmt.Sprintf("the value has more than %d bytes as JSON", MaxResolved)}
		}
	}
	return w.Bytes(), nil
}

func (t *Template) programs() []*program {
	var programs []*program
	for _, piece := range t.pieces {
		for _, part := range piece.parts {
			if part.program != nil {
				programs = append(programs, part.program)
			}
		}
	}
	return programs
}

func (t *Template) constant() json.RawMessage {
	if len(t.pieces) == 0 {
		return nil
	}
	return t.pieces[0].json
}

// converted makes a text of what stands where a text has to be.
func (p piece) converted(value ref.Val) ref.Val {
	if !p.text || value == types.NullValue {
		return value
	}
	if text, err := plain(value); err == nil {
		return types.String(text)
	}
	return value // too large, or no JSON: the encoder says so
}

// write appends the text's value: of its own type if the text is one expression, else a string.
func (p piece) write(w *writer, a *activation) error {
	if len(p.parts) == 1 {
		value, fault := p.parts[0].program.eval(a)
		if fault != nil {
			return fault
		}
		return p.parts[0].program.encoded(w, p.converted(value))
	}
	var text strings.Builder
	for _, part := range p.parts {
		if part.program == nil {
			text.WriteString(part.text)
			continue
		}
		value, fault := part.program.eval(a)
		if fault != nil {
			return fault
		}
		s, err := plain(value)
		if err == nil && text.Len()+len(s) > MaxResolved {
			err = errTooLarge
		}
		if err != nil {
			return part.program.tooLarge(err)
		}
		text.WriteString(s)
	}
	w.text(text.String())
	return nil
}
