// Package trigger is what starts runs without a person asking for each: ticks of schedules, deliveries to webhooks. What happens is one
// function on a transaction, which records why a run starts, or why not, together with the run itself.
package trigger

import (
	"encoding/json"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// inputsPointer is where a trigger states the inputs of its runs.
const inputsPointer = "/inputs"

// Inputs are a run's inputs as a trigger states them: JSON with expressions over what the trigger knows.
type Inputs struct{ template *expression.Template }

// CompileInputs checks what can be known before anything happens. The error is *ledger.Invalid.
func CompileInputs(value json.RawMessage, variables []string) (Inputs, error) {
	env, err := expression.NewEnv(expression.Variables{Only: variables})
	if err != nil {
		return Inputs{}, err
	}
	template, err := expression.Compile(value, env)
	if err != nil {
		return Inputs{}, unfit(err)
	}
	if template.Dynamic() && !template.MayBe(jsontree.Object) && !isObject(value) {
		return Inputs{}, invalid(problem.CodeWrongType, "inputs must be an object, or one expression that gives an object")
	}
	return Inputs{template}, nil
}

// Evaluate gives the inputs of one run. The error is *ledger.Invalid.
func (i Inputs) Evaluate(variables map[string]any) (json.RawMessage, error) {
	value, err := i.template.Evaluate(variables)
	if err != nil {
		return nil, unfit(err)
	}
	return value, nil
}

// For gives the inputs of one run of a plan, checked. The error is *ledger.Invalid.
func (i Inputs) For(plan ledger.Plan, variables map[string]any) (json.RawMessage, error) {
	value, err := i.Evaluate(variables)
	if err != nil {
		return nil, err
	}
	return ledger.CheckInputs(plan, value)
}

func isObject(value json.RawMessage) bool {
	tree, problems := jsontree.Parse(value, 1<<10)
	return problems == nil && tree.Kind == jsontree.Object
}

// unfit is the refusal of inputs by their expressions.
func unfit(err error) error {
	refusal := &ledger.Invalid{}
	if many, ok := errors.AsType[expression.Errors](err); ok {
		for _, one := range many {
			refusal.Problems = append(refusal.Problems, problem.Format(inputsPointer+one.Pointer, one.Code, "%s", one.Error()))
		}
		return refusal
	}
	if one, ok := errors.AsType[*expression.Error](err); ok {
		return &ledger.Invalid{Problems: []problem.Problem{problem.Format(inputsPointer+one.Pointer, one.Code, "%s", one.Error())}}
	}
	return err
}

func invalid(code, format string, arguments ...any) error {
	return &ledger.Invalid{Problems: []problem.Problem{problem.Format(inputsPointer, code, format, arguments...)}}
}
