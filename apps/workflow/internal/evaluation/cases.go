// Package evaluation tries versions of workflows against cases: a run for each, and a verdict on what it gave.
package evaluation

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// Bounds of the cases of one evaluation.
const (
	maxCases = 1 << 20 // bytes of JSON
	maxDepth = 64
)

//go:embed cases.json
var shape []byte

var casesShape = sync.OnceValues(func() (*schema.Schema, error) { return schema.CompileOwn(shape) }) //nolint:gochecknoglobals // it never changes, and takes a while to compile

// Case is one trial: what a run is given, and what it has to give.
type Case struct {
	Name   string          `json:"name"`
	Inputs json.RawMessage `json:"inputs"`
	Expect json.RawMessage `json:"expect"`
}

// The types of expectations.
const (
	Exact = "exact" // the outputs are the value
	JSON  = "json"  // the outputs hold the value, and may hold more
	CEL   = "cel"   // an expression over inputs and outputs is true
	Judge = "judge" // a model says how well the outputs fit a rubric
)

// Expectation is what the outputs of a case have to be.
type Expectation struct {
	Type       string          `json:"type"`
	Value      json.RawMessage `json:"value"`      // of Exact and JSON
	Expression string          `json:"expression"` // of CEL
	Provider   string          `json:"provider"`   // the rest is of Judge
	Model      string          `json:"model"`
	Rubric     string          `json:"rubric"`
	MinScore   *float64        `json:"min_score"` // nil: 0.5
}

// Read reads cases, with all that is wrong with them. Providers of models: "" if usable, else why not.
func Read(text string, providers map[string]string) ([]Case, []problem.Problem) {
	if len(text) > maxCases {
		return nil, []problem.Problem{problem.Format("", problem.CodeTooLarge, "the cases have %d bytes, at most %d are allowed", len(text), maxCases)}
	}
	tree, problems := jsontree.Parse([]byte(text), maxDepth)
	if tree == nil {
		return nil, problems
	}
	s, err := casesShape()
	if err != nil {
		return nil, []problem.Problem{problem.Format("", problem.CodeInvalidSchema, "%v", err)}
	}
	if problems = append(problems, s.Check(tree.Raw)...); len(problems) > 0 {
		return nil, problem.Sorted(problems)
	}
	var cases []Case
	if err := json.Unmarshal(tree.Raw, &cases); err != nil {
		return nil, []problem.Problem{problem.Format("", problem.CodeWrongType, "the cases cannot be read: %v", err)}
	}
	names := map[string]bool{}
	for i := range cases {
		problems = append(problems, cases[i].check(fmt.Sprintf("/%d", i), names, providers)...)
		names[cases[i].Name] = true
	}
	return cases, problem.Sorted(problems)
}

// check finds what no schema says.
func (c *Case) check(pointer string, names map[string]bool, providers map[string]string) (problems []problem.Problem) {
	if len(c.Inputs) == 0 {
		c.Inputs = json.RawMessage(`{}`)
	}
	if names[c.Name] {
		problems = append(problems, problem.Format(pointer+"/name", problem.CodeDuplicateID, "there is a case %q already: names tell cases apart in comparisons", c.Name))
	}
	if strings.ContainsRune(c.Name, 0) {
		problems = append(problems, problem.Format(pointer+"/name", problem.CodeInvalidFormat, "a name must not hold the character NUL, which PostgreSQL cannot keep"))
	}
	return append(problems, c.checkExpectation(pointer+"/expect", providers)...)
}

func (c *Case) checkExpectation(pointer string, providers map[string]string) []problem.Problem {
	var e Expectation
	if err := json.Unmarshal(c.Expect, &e); err != nil {
		return []problem.Problem{problem.Format(pointer, problem.CodeWrongType, "the expectation cannot be read: %v", err)}
	}
	switch e.Type {
	case JSON:
		if err := json.Unmarshal(e.Value, new(any)); err != nil {
			return []problem.Problem{problem.Format(pointer+"/value", problem.CodeWrongType, "the expected value cannot be compared: %v", err)}
		}
	case CEL:
		if _, err := compile(e.Expression); err != nil {
			return []problem.Problem{problem.Format(pointer+"/expression", problem.CodeExpression, "%v", err)}
		}
	case Judge:
		reason, known := providers[e.Provider]
		if !known {
			reason = fmt.Sprintf("provider must be openai or anthropic, got %q", e.Provider)
		}
		if reason != "" {
			return []problem.Problem{problem.Format(pointer+"/provider", problem.CodeUnavailable, "%s", reason)}
		}
	}
	return nil
}
