package expression

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// maxTime of one evaluation. The cost limit comes first, except on a machine that is very busy.
const (
	maxTime = 100 * time.Millisecond
	retries = 2
)

// program is one expression, compiled.
type program struct {
	source     string
	pointer    string
	kind       *cel.Type
	references []Reference
	usesArgs   bool
	run        cel.Program
}

func (e *Env) compile(source, pointer string) (*program, Errors) {
	fault := func(code, format string, arguments ...any) Errors {
		return Errors{{Pointer: pointer, Code: code, Expression: source, Message: fmt.Sprintf(format, arguments...)}}
	}
	if n := len([]rune(source)); n > MaxLength {
		return nil, fault(problem.CodeTooLarge, "it has %d characters, at most %d are allowed", n, MaxLength)
	}
	parsed, issues := e.cel.Parse(source)
	if issues.Err() != nil {
		return nil, e.faults(issues, source, pointer)
	}
	u := usage{env: e, source: source, pointer: pointer}
	u.look(parsed)
	if len(u.faults) > 0 {
		return nil, u.faults
	}
	if u.args && u.others {
		return nil, fault(problem.CodeNotAllowed, "one expression cannot use both args and other variables: write two, ${{ inputs.a }}${{ args.b }}")
	}
	checked, issues := e.cel.Check(parsed)
	if issues.Err() != nil {
		return nil, e.faults(issues, source, pointer)
	}
	b, err := base()
	if err != nil {
		return nil, fault(problem.CodeExpression, "%v", err)
	}
	run, err := e.cel.Program(checked, cel.CostLimit(MaxCost), cel.InterruptCheckFrequency(100), cel.CustomDecoratorV2(b.guarded),
		cel.MemoryTracking(types.MemoryTrackerSizeCalculator(types.NewSizeCalculator(
			types.SizeCalculatorMaxDepth(maxDepth), types.SizeCalculatorMaxTraversal(2*MaxMemory)))), cel.MemoryLimit(MaxMemory))
	if err != nil {
		return nil, fault(problem.CodeExpression, "%v", err)
	}
	return &program{source: source, pointer: pointer, kind: checked.OutputType(), references: u.references, usesArgs: u.args, run: run}, nil
}

// faults turns CEL's issues into ours.
func (e *Env) faults(issues *cel.Issues, source, pointer string) Errors {
	found := issues.Errors()
	found = found[:min(10, len(found))]
	faults := make(Errors, 0, len(found))
	for _, issue := range found {
		faults = append(faults, &Error{
			Pointer: pointer, Code: problem.CodeExpression, Expression: source,
			Column: column(source, issue.Location.Line(), issue.Location.Column()), Message: e.explain(issue.Message),
		})
	}
	return faults
}

// column counts characters from the start of the expression, over its lines.
func column(source string, line, column int) int {
	if line < 1 || column < 0 {
		return 0
	}
	lines := strings.SplitAfter(source, "\n")
	for _, before := range lines[:min(line-1, len(lines))] {
		column += len([]rune(before))
	}
	return column + 1
}

// explain says in the manual's words what CEL found.
func (e *Env) explain(message string) string {
	name, found := strings.CutPrefix(message, "undeclared reference to '")
	if found {
		name, _, _ = strings.Cut(name, "'")
		name, _, _ = strings.Cut(strings.TrimPrefix(name, "."), ".")
		return fmt.Sprintf("there is no variable or function %s here; the variables are %s%s", name, strings.Join(e.names, ", "), nearest(name, e.names))
	}
	return strings.ReplaceAll(message, " (in container '')", "")
}

// eval gives the value of the expression. What took too long is tried again: the cost limit bounds what an
// expression can do, so it was the machine that was busy.
func (p *program) eval(vars *activation) (ref.Val, *Error) {
	value, err := p.once(vars)
	for range retries {
		if !errors.Is(err, context.DeadlineExceeded) {
			break
		}
		value, err = p.once(vars)
	}
	if err != nil {
		return nil, p.failed(err)
	}
	return value, nil
}

func (p *program) once(vars *activation) (ref.Val, error) {
	ctx, cancel := context.WithTimeout(context.Background(), maxTime)
	defer cancel()
	value, _, err := p.run.ContextEval(ctx, vars)
	switch {
	case vars.err != nil:
		return nil, vars.err
	case err != nil:
		return nil, err
	case types.IsUnknownOrError(value):
		return nil, fmt.Errorf("%v", value)
	}
	return value, nil
}

// missing is how CEL says that a key or a variable is not there.
var missing = regexp.MustCompile(`^no such (key|attribute\(s\)): (.*)$`)

func (p *program) failed(err error) *Error {
	text, code := err.Error(), node.CodeExpression
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		text = fmt.Sprintf("it takes longer than %s; do less in one expression", maxTime)
	case strings.Contains(text, "cost limit exceeded"):
		text = fmt.Sprintf("it costs more than %d of CEL's units; do less in one expression, or use a for_each", MaxCost)
	case strings.Contains(text, "memory limit exceeded"), errors.Is(err, errText), errors.Is(err, errItems):
		text, code = fmt.Sprintf("its values get too large (%s); use smaller parts", text), node.CodeTooLarge
	case strings.HasPrefix(text, "no such overload"):
		text += "; the values are of types that do not go together: convert them with int(…), double(…) or string(…)"
	}
	if m := missing.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("there is no %s; ask has(…) before, or use .? and orValue(…)", m[2])
	}
	return &Error{Pointer: p.pointer, Code: code, Expression: p.source, Message: clipLong(text)}
}

// clipLong bounds a message that CEL may have put values into.
func clipLong(text string) string {
	const most = 500
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// encoded appends a value as JSON.
func (p *program) encoded(w *writer, value ref.Val) error {
	text, err := encode(value)
	if err != nil {
		return p.tooLarge(err)
	}
	w.Write(text)
	return nil
}

func (p *program) tooLarge(err error) *Error {
	code := node.CodeExpression
	if errors.Is(err, errTooLarge) {
		code = node.CodeTooLarge
	}
	return &Error{Pointer: p.pointer, Code: code, Expression: p.source, Message: err.Error()}
}
