// Package problem is how every check of a document reports: all faults at once, each with its place and a
// stable word for it.
package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Most bounds how many problems one check reports: a document that is wrong everywhere needs no longer list.
const Most = 100

// Problem is one fault.
type Problem struct {
	Pointer string `json:"pointer"` // where: a JSON pointer (RFC 6901)
	Code    string `json:"code"`    // which rule, as one of the words below
	Message string `json:"message"` // what is wrong, with the value, the bound and the remedy
}

// The codes of problems.
const (
	CodeInvalidJSON      = "invalid_json"
	CodeTooLarge         = "too_large"
	CodeTooDeep          = "too_deep"
	CodeDuplicateKey     = "duplicate_key"
	CodeUnknownField     = "unknown_field"
	CodeMissingField     = "missing_field"
	CodeWrongType        = "wrong_type"
	CodeUnknownValue     = "unknown_value" // not one of those allowed
	CodeOutOfRange       = "out_of_range"
	CodeInvalidFormat    = "invalid_format"
	CodeInvalidSchema    = "invalid_schema" // a JSON Schema that is none
	CodeSchemaMismatch   = "schema_mismatch"
	CodeDuplicateID      = "duplicate_id"
	CodeUnknownNode      = "unknown_node"
	CodeUnknownPort      = "unknown_port"
	CodeUnknownType      = "unknown_type"
	CodeUnavailable      = "unavailable" // it exists, but cannot run here
	CodeDuplicateEdge    = "duplicate_edge"
	CodeCycle            = "cycle"
	CodeUnreachable      = "unreachable"
	CodeNotBefore        = "not_before" // a reference to a node that need not have ended
	CodeExpression       = "invalid_expression"
	CodeNotConstant      = "not_constant" // an expression where the value must be known when publishing
	CodeNotAllowed       = "not_allowed"
	CodeUnknownVersion   = "unknown_version"
	CodeUnknownReference = "unknown_reference" // to something of the workspace that is not there
)

// Format is a problem with a formatted message.
func Format(pointer, code, format string, arguments ...any) Problem {
	return Problem{Pointer: pointer, Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// Sorted orders problems by place, drops repeats, and cuts the list at Most.
func Sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	problems = slices.Compact(problems)
	return problems[:min(len(problems), Most)]
}

// Join appends keys and indices to a pointer, escaped as RFC 6901 says.
func Join(pointer string, parts ...any) string {
	var b strings.Builder
	b.WriteString(pointer)
	for _, part := range parts {
		b.WriteByte('/')
		text := fmt.Sprint(part)
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(text, "~", "~0"), "/", "~1"))
	}
	return b.String()
}
