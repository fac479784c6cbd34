package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// reporter turns the library's tree of errors into problems.
type reporter struct {
	root     any
	values   bool   // strings may be quoted: they are no secrets
	code     string // of every problem; empty: each its own
	problems []problem.Problem
}

func (r *reporter) report(fault *jsonschema.ValidationError) {
	switch fault.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		r.add(fault.InstanceLocation, problem.CodeSchemaMismatch, r.alternatives(fault))
		return
	}
	if len(fault.Causes) == 0 {
		r.leaf(fault)
	}
	for _, cause := range fault.Causes {
		if len(r.problems) > problem.Most {
			return
		}
		r.report(cause)
	}
}

// alternatives says what kept the value from fitting the alternatives, for the first few of them.
func (r *reporter) alternatives(fault *jsonschema.ValidationError) string {
	if one, ok := fault.ErrorKind.(*kind.OneOf); ok && len(one.Subschemas) > 0 {
		return "it fits more than one of the alternatives, and has to fit exactly one"
	}
	inner := reporter{root: r.root, values: r.values}
	for _, cause := range fault.Causes {
		if len(inner.problems) < 3 {
			inner.report(cause)
		}
	}
	texts := make([]string, 0, 3)
	for _, p := range inner.problems[:min(3, len(inner.problems))] {
		texts = append(texts, p.Message)
	}
	return "it fits none of the alternatives: " + strings.Join(texts, "; or ")
}

func (r *reporter) add(at []string, code, text string) {
	pointer := ""
	for _, part := range at {
		pointer = problem.Join(pointer, part)
	}
	if r.code != "" {
		code = r.code
	}
	r.problems = append(r.problems, problem.Problem{Pointer: pointer, Code: code, Message: text})
}

func (r *reporter) leaf(fault *jsonschema.ValidationError) {
	at := fault.InstanceLocation
	switch k := fault.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			r.add(at, problem.CodeMissingField, name+" is missing")
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			r.add(append(slices.Clone(at), name), problem.CodeUnknownField, fmt.Sprintf("there is no field %s here: remove it, or correct its name", clip(name)))
		}
	case *kind.Type:
		r.add(at, problem.CodeWrongType, fmt.Sprintf("expected %s, found %s", strings.Join(k.Want, " or "), r.found(at, k.Got)))
	default:
		r.scalar(fault)
	}
}

// scalar reports the kinds that look at one value without parts.
func (r *reporter) scalar(fault *jsonschema.ValidationError) {
	at := fault.InstanceLocation
	switch k := fault.ErrorKind.(type) {
	case *kind.Enum:
		r.add(at, problem.CodeUnknownValue, fmt.Sprintf("expected %s, found %s", oneOf(k.Want), r.found(at, "another value")))
	case *kind.Const:
		r.add(at, problem.CodeUnknownValue, fmt.Sprintf("expected %s, found %s", oneOf([]any{k.Want}), r.found(at, "another value")))
	case *kind.Pattern:
		r.add(at, problem.CodeInvalidFormat, fmt.Sprintf("%s does not match the pattern %s", r.found(at, "the text"), k.Want))
	case *kind.Format:
		r.add(at, problem.CodeInvalidFormat, fmt.Sprintf("%s is no %s: %v", r.found(at, "the text"), k.Want, k.Err))
	default:
		code, text := counts(fault.ErrorKind)
		r.add(at, code, text)
	}
}

// counts are the kinds that compare how many parts there are with a bound.
func counts(k jsonschema.ErrorKind) (code, text string) {
	switch k := k.(type) {
	case *kind.MinLength:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at least %d characters, found %d", k.Want, k.Got)
	case *kind.MaxLength:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at most %d characters, found %d", k.Want, k.Got)
	case *kind.MinItems:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at least %d items, found %d", k.Want, k.Got)
	case *kind.MaxItems:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at most %d items, found %d", k.Want, k.Got)
	case *kind.MinProperties:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at least %d fields, found %d", k.Want, k.Got)
	case *kind.MaxProperties:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at most %d fields, found %d", k.Want, k.Got)
	default:
		return ranges(k)
	}
}

// ranges are the kinds that compare a number with a bound.
func ranges(k jsonschema.ErrorKind) (code, text string) {
	switch k := k.(type) {
	case *kind.Minimum:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at least %s, found %s", number(k.Want), number(k.Got))
	case *kind.Maximum:
		return problem.CodeOutOfRange, fmt.Sprintf("expected at most %s, found %s", number(k.Want), number(k.Got))
	case *kind.ExclusiveMinimum:
		return problem.CodeOutOfRange, fmt.Sprintf("expected more than %s, found %s", number(k.Want), number(k.Got))
	case *kind.ExclusiveMaximum:
		return problem.CodeOutOfRange, fmt.Sprintf("expected less than %s, found %s", number(k.Want), number(k.Got))
	default:
		return problem.CodeSchemaMismatch, clip(k.LocalizedString(message.NewPrinter(language.English)))
	}
}

// number avoids fractions such as 1/3, and the digits of 1e1000000.
func number(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// found shows the value at a place: numbers and words always, texts only if they are no secret.
func (r *reporter) found(at []string, otherwise string) string {
	value := lookup(r.root, at)
	switch v := value.(type) {
	case string:
		if !r.values {
			return otherwise
		}
		return strconv.Quote(clip(v))
	case json.Number:
		return "number " + clip(v.String())
	case bool:
		return strconv.FormatBool(v)
	}
	return otherwise
}

func lookup(value any, at []string) any {
	for _, part := range at {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	return value
}

func oneOf(want []any) string {
	texts := make([]string, 0, len(want))
	for _, value := range want[:min(20, len(want))] {
		text, err := json.Marshal(value)
		if err != nil {
			text = []byte("?")
		}
		texts = append(texts, clip(string(text)))
	}
	return strings.Join(texts, " or ")
}

// clip keeps messages readable whatever a document holds.
func clip(text string) string {
	const most = 200
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}
