package graph

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// checkShape checks a config against its type's schema, but for what only the run will tell.
func (b *builtin) checkShape(config *jsontree.Value) []document.Problem {
	var problems []document.Problem
	for _, p := range b.schema.Check(config.Raw) {
		if !openUntilRun(lookup(config, p.Pointer), p.Code) {
			problems = append(problems, p)
		}
	}
	return append(problems, b.rules.misplaced(config, "")...)
}

// checkResolved checks a config whose expressions are resolved, but for those that tools' arguments will
// resolve.
func (b *builtin) checkResolved(config *jsontree.Value) []document.Problem {
	var problems []document.Problem
	for _, p := range b.schema.Check(config.Raw) {
		if !strings.Contains(p.Pointer, "/tools/") || !openUntilRun(lookup(config, p.Pointer), p.Code) {
			problems = append(problems, p)
		}
	}
	return problems
}

// openUntilRun says whether a problem may vanish when the expressions in the value are resolved.
func openUntilRun(value *jsontree.Value, code string) bool {
	if value == nil || value.Kind != jsontree.String || code == problem.CodeUnknownField {
		return false
	}
	if code == problem.CodeWrongType {
		return expression.Whole(value.Text)
	}
	return expression.Has(value.Text)
}

// misplaced finds expressions where the value must be known when publishing.
func (r *rule) misplaced(value *jsontree.Value, pointer string) []document.Problem {
	var problems []document.Problem
	switch {
	case r == nil || r.Expressions == "raw":
		return nil
	case r.Expressions == "none":
		if has(value) {
			return []document.Problem{problem.Format(pointer, problem.CodeNotConstant, "this has to be known when the workflow is published: write the value itself, without an expression")}
		}
		return nil
	}
	for i, item := range value.Items {
		problems = append(problems, r.Items.misplaced(item, problem.Join(pointer, i))...)
	}
	for _, m := range value.Members {
		problems = append(problems, r.Properties[m.Key].misplaced(m.Value, problem.Join(pointer, m.Key))...)
	}
	return problems
}

func has(value *jsontree.Value) bool {
	if expression.Has(value.Text) {
		return true
	}
	return slices.ContainsFunc(value.Items, has) || slices.ContainsFunc(value.Members, func(m jsontree.Member) bool { return has(m.Value) })
}

// literal says which values of a config hold no expressions of the node itself.
func (r *rule) literal(pointer string) bool {
	found := r.find(pointer)
	return found != nil && (found.Expressions == "raw" || found.Expressions == "none" || found.Expressions == "args")
}

// text says which values of a config are texts, whatever an expression gives.
func (r *rule) text(pointer string) bool {
	found := r.find(pointer)
	return found != nil && found.Type == "string"
}

func (r *rule) find(pointer string) *rule {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch {
		case r == nil:
			return nil
		case r.Items != nil:
			r = r.Items
		case r.Properties[part] != nil:
			r = r.Properties[part]
		default:
			r = r.Additional
		}
	}
	return r
}

// lookup finds the value at a pointer; nil if there is none.
func lookup(value *jsontree.Value, pointer string) *jsontree.Value {
	if pointer == "" {
		return value
	}
	for part := range strings.SplitSeq(pointer[1:], "/") {
		if value == nil {
			return nil
		}
		if value.Kind == jsontree.Array {
			value = item(value, part)
			continue
		}
		value = value.Get(strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~"))
	}
	return value
}

func item(value *jsontree.Value, index string) *jsontree.Value {
	var i int
	if json.Unmarshal([]byte(index), &i) != nil || i < 0 || i >= len(value.Items) {
		return nil
	}
	return value.Items[i]
}
