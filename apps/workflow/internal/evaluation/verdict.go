package evaluation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
)

// Verdict is what comes of a case.
type Verdict struct {
	Passed bool
	Score  *float64 // 0-1; nil if there is none, because the run or the judge failed
	Reason string   // why it did not pass, or what the judge says
}

func failed(format string, arguments ...any) Verdict {
	return Verdict{Reason: fmt.Sprintf(format, arguments...)}
}

// decided is a verdict that needs no judge.
func decided(reason string) Verdict {
	score := 0.0
	if reason == "" {
		score = 1
	}
	return Verdict{Passed: reason == "", Score: &score, Reason: reason}
}

// compare holds outputs against an expectation, but for that of a judge.
func compare(e Expectation, inputs, outputs json.RawMessage) Verdict {
	switch e.Type {
	case Exact:
		return decided(difference(e.Value, outputs))
	case JSON:
		var expected, actual any
		if err := json.Unmarshal(e.Value, &expected); err != nil {
			return failed("the expected value cannot be read: %v", err)
		}
		if err := json.Unmarshal(outputs, &actual); err != nil {
			return failed("the outputs cannot be read: %v", err)
		}
		return decided(lacks(expected, actual, ""))
	case CEL:
		return evaluate(e.Expression, inputs, outputs)
	}
	return failed("there is no expectation of type %q", e.Type)
}

// difference tells in what outputs are other than expected; empty if in nothing.
func difference(expected, outputs json.RawMessage) string {
	patch, err := jsontree.Patch(string(outputs), string(expected))
	if err != nil {
		return err.Error()
	}
	if string(patch) == "[]" {
		return ""
	}
	return "the outputs are not the expected value, which this JSON Patch would make of them: " + excerpt(string(patch))
}

// lacks tells where a value does not hold what is expected; empty if nowhere. Lists have to have the same length.
func lacks(expected, actual any, pointer string) string {
	switch expected := expected.(type) {
	case map[string]any:
		return lacksOf(expected, actual, pointer)
	case []any:
		list, ok := actual.([]any)
		if !ok || len(list) != len(expected) {
			return fmt.Sprintf("%q: a list of %d is expected, got %s", pointer, len(expected), shown(actual))
		}
		for i, value := range expected {
			if reason := lacks(value, list[i], fmt.Sprintf("%s/%d", pointer, i)); reason != "" {
				return reason
			}
		}
	default:
		if expected != actual {
			return fmt.Sprintf("%q: %s is expected, got %s", pointer, shown(expected), shown(actual))
		}
	}
	return ""
}

func lacksOf(expected map[string]any, actual any, pointer string) string {
	object, ok := actual.(map[string]any)
	if !ok {
		return fmt.Sprintf("%q: an object is expected, got %s", pointer, shown(actual))
	}
	for _, key := range slices.Sorted(maps.Keys(expected)) {
		got, there := object[key]
		if !there {
			return fmt.Sprintf("%q is missing", pointer+"/"+key)
		}
		if reason := lacks(expected[key], got, pointer+"/"+key); reason != "" {
			return reason
		}
	}
	return ""
}

func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "a value that is no JSON"
	}
	return excerpt(string(text))
}

func excerpt(text string) string {
	const most = 500
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// compile reads the text of an expression, which is written as in documents.
func compile(text string) (*expression.Template, error) {
	env, err := expression.NewEnv(expression.Variables{Ended: true})
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	return expression.Compile(encoded, env)
}

func evaluate(text string, inputs, outputs json.RawMessage) Verdict {
	template, err := compile(text)
	if err != nil {
		return failed("the expression cannot be read: %v", err)
	}
	value, err := template.Evaluate(map[string]any{"inputs": inputs, "outputs": outputs})
	if err != nil {
		return failed("the expression cannot be evaluated: %v", err)
	}
	switch string(value) {
	case "true":
		return decided("")
	case "false":
		return decided("the expression is false: " + excerpt(text))
	}
	return failed("the expression must give true or false, got %s", excerpt(string(value)))
}
