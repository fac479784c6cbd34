package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// usage finds which variables an expression uses. A node has to be named outright, so that it is known when
// publishing that it runs before.
type usage struct {
	env        *Env
	source     string
	pointer    string
	info       *ast.SourceInfo
	bound      []string // by macros around
	references []Reference
	args       bool // uses args
	others     bool // uses any other variable
	faults     Errors
}

func (u *usage) look(parsed *cel.Ast) {
	native := parsed.NativeRep()
	u.info = native.SourceInfo()
	u.visit(native.Expr())
	slices.SortFunc(u.references, func(a, b Reference) int {
		return strings.Compare(a.Node+"."+a.Field, b.Node+"."+b.Field)
	})
	u.references = slices.Compact(u.references)
}

func (u *usage) faultf(at ast.Expr, code, format string, arguments ...any) {
	location := u.info.GetStartLocation(at.ID())
	u.faults = append(u.faults, &Error{
		Pointer: u.pointer, Code: code, Expression: u.source, Column: column(u.source, location.Line(), location.Column()), Message: fmt.Sprintf(format, arguments...),
	})
}

func (u *usage) visit(e ast.Expr) {
	if root, keys := u.path(e); root != nil {
		u.use(root, keys)
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		u.visit(e.AsSelect().Operand())
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			u.visit(call.Target())
		}
		u.visitAll(call.Args())
	case ast.ListKind:
		u.visitAll(e.AsList().Elements())
	case ast.ComprehensionKind:
		u.comprehension(e)
	default:
		u.visitEntries(e)
	}
}

// visitEntries visits maps and messages; all else has no parts.
func (u *usage) visitEntries(e ast.Expr) {
	for _, entry := range e.AsMap().Entries() {
		u.visit(entry.AsMapEntry().Key())
		u.visit(entry.AsMapEntry().Value())
	}
	for _, field := range e.AsStruct().Fields() {
		u.visit(field.AsStructField().Value())
	}
}

func (u *usage) visitAll(all []ast.Expr) {
	for _, e := range all {
		u.visit(e)
	}
}

// comprehension visits what a macro such as list.map(x, …) became.
func (u *usage) comprehension(e ast.Expr) {
	c := e.AsComprehension()
	u.visit(c.IterRange())
	u.visit(c.AccuInit())
	for _, name := range []string{c.IterVar(), c.IterVar2(), c.AccuVar()} {
		if slices.Contains(u.env.names, name) {
			u.faultf(e, problem.CodeExpression, "the name %s is that of a variable already: give the macro's another", name)
		}
		u.bound = append(u.bound, name)
	}
	u.visit(c.LoopCondition())
	u.visit(c.LoopStep())
	u.visit(c.Result())
	u.bound = u.bound[:len(u.bound)-3]
}

// path reads a.b["c"].?d as the variable a and the keys b, c, d, as far as they are written out. Keys behind
// an index that is computed are left out, but the index is visited.
func (u *usage) path(e ast.Expr) (root ast.Expr, keys []string) {
	switch e.Kind() {
	case ast.IdentKind:
		return e, nil
	case ast.SelectKind:
		root, keys = u.path(e.AsSelect().Operand())
		return root, append(keys, e.AsSelect().FieldName())
	case ast.CallKind:
		return u.indexed(e.AsCall())
	default:
		return nil, nil
	}
}

// indexed is the path of a["b"], a[?"b"] and a.?b.
func (u *usage) indexed(call ast.CallExpr) (root ast.Expr, keys []string) {
	index := []string{operators.Index, operators.OptIndex, operators.OptSelect}
	if !slices.Contains(index, call.FunctionName()) || len(call.Args()) != 2 || call.Args()[1].Kind() != ast.LiteralKind {
		return nil, nil
	}
	key, written := call.Args()[1].AsLiteral().(types.String)
	if !written {
		return nil, nil
	}
	root, keys = u.path(call.Args()[0])
	return root, append(keys, string(key))
}

func (u *usage) use(root ast.Expr, keys []string) {
	name := strings.TrimPrefix(root.AsIdent(), ".")
	if slices.Contains(u.bound, name) || !slices.Contains(u.env.names, name) {
		return // a macro's, a type's, or none, which CEL reports
	}
	if name == "args" {
		u.args = true
	} else {
		u.others = true
	}
	if name == "nodes" {
		u.node(root, keys)
		return
	}
	u.fields(root, name, keys)
}

func (u *usage) node(root ast.Expr, keys []string) {
	if len(keys) == 0 {
		u.faultf(root, problem.CodeExpression, "write nodes.<id>: which nodes are used has to be known before the run")
		return
	}
	id := keys[0]
	if !u.env.any && !u.env.nodes[id] {
		u.faultf(root, problem.CodeUnknownNode, "nodes.%s: there is no node %s here%s", clip(id), clip(id), nearest(id, slices.Sorted(maps.Keys(u.env.nodes))))
		return
	}
	reference := Reference{Node: id}
	if len(keys) > 1 {
		reference.Field = keys[1]
		if known := []string{"output", "status", "error"}; !slices.Contains(known, keys[1]) {
			u.faultf(root, problem.CodeExpression, "nodes.%s.%s: a node has output, status and error%s", id, clip(keys[1]), nearest(keys[1], known))
		}
	}
	u.references = append(u.references, reference)
}

// fields checks the names of properties as far as they are known.
func (u *usage) fields(root ast.Expr, path string, keys []string) {
	f := u.env.fields[path]
	for _, key := range keys {
		if f == nil || f.properties == nil {
			return
		}
		next, known := f.properties[key]
		if !known && f.closed {
			names := slices.Sorted(maps.Keys(f.properties))
			u.faultf(root, problem.CodeExpression, "%s.%s: %s has no %s%s", path, clip(key), path, clip(key), nearest(key, names))
			return
		}
		f, path = next, path+"."+key
	}
}
