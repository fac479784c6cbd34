package graph

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// maxLoops is how deep loops may be nested.
const maxLoops = 3

// Compile checks the document and compiles it. All problems are reported at once; the graph is nil if there
// are any.
func Compile(d *document.Document, c Catalog) (*Graph, []document.Problem) {
	k, err := newCompiler(d, c)
	if err != nil {
		return nil, []document.Problem{problem.Format("", problem.CodeUnavailable, "%v", err)}
	}
	inputs := k.inputs(d.Inputs, "/inputs")
	p, err := at(expression.Variables{Inputs: d.Inputs, Nodes: ids(d.Nodes)}, 0)
	if err != nil {
		return nil, []document.Problem{problem.Format("", problem.CodeExpression, "%v", err)}
	}
	g := k.graph(d.Nodes, d.Edges, p)
	g.inputs = inputs
	g.Output = k.template(d.Outputs, p.env, "/outputs")
	if len(k.problems) > 0 {
		return nil, problem.Sorted(k.problems)
	}
	return g, nil
}

// CompileNode checks one node by itself: its expressions may use nodes of any id.
func CompileNode(n document.Node, c Catalog) (*Node, []document.Problem) {
	k, err := newCompiler(&document.Document{Settings: document.Settings{MaxParallel: 10, OnError: document.Stop}}, c)
	if err != nil {
		return nil, []document.Problem{problem.Format("", problem.CodeUnavailable, "%v", err)}
	}
	p, err := at(expression.Variables{AnyNode: true}, 0)
	if err != nil {
		return nil, []document.Problem{problem.Format("", problem.CodeExpression, "%v", err)}
	}
	compiled := k.node(n, p)
	if len(k.problems) > 0 {
		return nil, problem.Sorted(k.problems)
	}
	return compiled, nil
}

// compiler collects what is wrong with a document.
type compiler struct {
	document *document.Document
	catalog  Catalog
	builtins map[string]*builtin
	problems []document.Problem
}

func newCompiler(d *document.Document, c Catalog) (*compiler, error) {
	known, err := builtins()
	return &compiler{document: d, catalog: c, builtins: known}, err
}

func (k *compiler) problemf(pointer, code, format string, arguments ...any) {
	k.problems = append(k.problems, problem.Format(pointer, code, format, arguments...))
}

// within reports problems of a value that stands at the pointer.
func (k *compiler) within(pointer string, problems []document.Problem) {
	for _, p := range problems {
		p.Pointer = pointer + p.Pointer
		k.problems = append(k.problems, p)
	}
}

// place is where expressions stand: which variables they may use, and within how many loops.
type place struct {
	variables expression.Variables
	env       *expression.Env
	loops     int
}

func at(v expression.Variables, loops int) (place, error) {
	env, err := expression.NewEnv(v)
	return place{variables: v, env: env, loops: loops}, err
}

// template compiles a value whose expressions may stand anywhere; nil for none.
func (k *compiler) template(value json.RawMessage, env *expression.Env, pointer string) *expression.Template {
	if value == nil {
		return nil
	}
	t, err := expression.Compile(value, env)
	k.faults(pointer, err)
	return t
}

// faults reports what is wrong with the expressions of a value that stands at the pointer.
func (k *compiler) faults(pointer string, err error) {
	if err == nil {
		return
	}
	faults, ok := errors.AsType[expression.Errors](err)
	if !ok {
		k.problemf(pointer, problem.CodeExpression, "%v", err)
	}
	for _, f := range faults {
		k.problemf(pointer+f.Pointer, f.Code, "%s", f.Error())
	}
}

// object checks a schema that a user wrote for values that are always objects.
func (k *compiler) object(raw json.RawMessage, pointer string) *schema.Schema {
	if raw == nil {
		return nil
	}
	s, problems := schema.Compile(raw)
	k.within(pointer, problems)
	var stated struct {
		Type any `json:"type"`
	}
	if err := json.Unmarshal(raw, &stated); err == nil && problems == nil && stated.Type != nil && stated.Type != "object" {
		k.problemf(pointer+"/type", problem.CodeInvalidSchema, "the schema has to be of type object, not %v", stated.Type)
	}
	return s
}

func (k *compiler) inputs(raw json.RawMessage, pointer string) inputsOf {
	i := inputsOf{schema: k.object(raw, pointer)}
	if i.schema != nil {
		i.defaults, _ = jsontree.Parse(raw, schema.MaxDepth)
	}
	return i
}

func ids(nodes []document.Node) []string {
	list := make([]string, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, n.ID)
	}
	return list
}

// graph compiles the nodes of a document or a body, and what is between them.
func (k *compiler) graph(nodes []document.Node, edges []document.Edge, p place) *Graph {
	g := &Graph{Document: k.document, MaxParallel: k.document.Settings.MaxParallel, nodes: make(map[string]*Node, len(nodes))}
	for i, spec := range nodes {
		n := k.node(spec, p)
		n.Position = i
		g.Nodes = append(g.Nodes, n)
		g.nodes[n.ID] = n
	}
	k.edges(g, edges)
	k.joins(g)
	if k.order(g) {
		k.references(g)
	}
	return g
}

// describe names a node in a message.
func describe(n *Node) string { return fmt.Sprintf("%s (%s)", n.ID, n.Type) }
