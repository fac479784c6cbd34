// Package expression compiles and evaluates the expressions of documents: any JSON value in whose strings
// ${{ … }} holds CEL.
package expression

import (
	"encoding/json"
	"errors"
)

// Reference is one use of a node's result.
type Reference struct {
	Node  string
	Field string // output, status or error; empty: all of them
}

// Template is a JSON value with expressions, compiled. It is safe for concurrent use.
type Template struct{}

// Compile reads a JSON value with expressions.
func Compile(value json.RawMessage, env *Env) (*Template, error) {
	return nil, errors.New("not yet")
}

// Evaluate gives the value with every expression resolved. The variables are those of the environment by
// name; a value is what encoding/json decodes, or a json.RawMessage, which is decoded when it is needed.
// nodes is a map of ids to maps with output, status and error.
func (t *Template) Evaluate(vars map[string]any) (json.RawMessage, error) {
	return nil, errors.New("not yet")
}

// References lists the nodes' results that the expressions use, sorted.
func (t *Template) References() []Reference { return nil }
