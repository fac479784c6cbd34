package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// CEL charges a call after it was made. Functions that can make much of little are therefore looked at
// before the call.
const (
	maxText     = 4 << 20    // bytes that one call may produce
	maxItems    = 100_000    // items that one call may produce
	maxPairs    = 1_000_000  // comparisons of one call
	maxMatching = 10_000_000 // text × instructions of the regular expression
)

// guard refuses arguments that one call could not handle in time and memory.
type guard struct {
	check func(arguments []ref.Val) error
	call  functions.FunctionOp
}

func guardsOf(env *cel.Env) (map[string]guard, error) {
	checks := map[string]func([]ref.Val) error{
		"replace": checkReplace, "join": checkJoin, "format": checkFormat, "split": checkSplit, "flatten": checkFlatten,
		"distinct": checkPairs, "sort": checkPairs, "@sortByAssociatedKeys": checkPairs,
		"hasOnly": checkPairs, "hasAny": checkPairs, "hasAll": checkPairs, "hasExactly": checkPairs,
	}
	declared := env.Functions()
	guards := map[string]guard{"matches": {call: matches}}
	for name, check := range checks {
		function, ok := declared[name]
		if !ok {
			return nil, fmt.Errorf("set up CEL: there is no function %s to guard", name)
		}
		bindings, err := function.Bindings()
		if err != nil {
			return nil, fmt.Errorf("set up CEL: bindings of %s: %w", name, err)
		}
		for _, binding := range bindings {
			if binding.Operator == name {
				guards[name] = guard{check: check, call: operation(binding)}
			}
		}
		if guards[name].call == nil {
			return nil, fmt.Errorf("set up CEL: the function %s has no binding", name)
		}
	}
	return guards, nil
}

// operation calls the binding whatever its number of arguments is.
func operation(binding *functions.Overload) functions.FunctionOp {
	return func(arguments ...ref.Val) ref.Val {
		switch {
		case len(arguments) == 1 && binding.Unary != nil:
			return binding.Unary(arguments[0])
		case len(arguments) == 2 && binding.Binary != nil:
			return binding.Binary(arguments[0], arguments[1])
		case binding.Function != nil:
			return binding.Function(arguments...)
		}
		return types.NewErr("no such overload: %s", binding.Operator)
	}
}

// guarded is the decorator that puts the guards in front of the calls of a program.
func (f *foundation) guarded(step interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	call, ok := step.(interpreter.InterpretableCall)
	if !ok {
		return step, nil
	}
	g, ok := f.guards[call.Function()]
	if !ok {
		return step, nil
	}
	return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(arguments ...ref.Val) ref.Val {
		if g.check != nil {
			if err := g.check(arguments); err != nil {
				return types.WrapErr(fmt.Errorf("%s: %w", strings.TrimPrefix(call.Function(), "@"), err))
			}
		}
		return g.call(arguments...)
	}), nil
}

var (
	errText  = fmt.Errorf("the text would have more than %d bytes", maxText)
	errItems = fmt.Errorf("the list would have more than %d items", maxItems)
	errPairs = fmt.Errorf("it would take more than %d comparisons", maxPairs)
)

func checkReplace(arguments []ref.Val) error {
	text, old, with := textOf(arguments, 0), textOf(arguments, 1), textOf(arguments, 2)
	if len(text)+strings.Count(text, old)*max(0, len(with)-len(old)) > maxText {
		return errText
	}
	return nil
}

func checkJoin(arguments []ref.Val) error {
	list, ok := arguments[0].(traits.Lister)
	if !ok {
		return nil
	}
	size := 0
	separator := textOf(arguments, 1)
	for it := list.Iterator(); it.HasNext() == types.True; {
		s, _ := it.Next().(types.String)
		if size += len(s) + len(separator); size > maxText {
			return errText
		}
	}
	return nil
}

// checkFormat counts the arguments as they are written: values may hold the same value many times.
func checkFormat(arguments []ref.Val) error {
	if len(arguments) < 2 {
		return nil
	}
	if sizeOf(arguments[1], maxText, 1) > maxText {
		return errText
	}
	return nil
}

func checkSplit(arguments []ref.Val) error {
	if strings.Count(textOf(arguments, 0), textOf(arguments, 1)) >= maxItems {
		return errItems
	}
	return nil
}

func checkFlatten(arguments []ref.Val) error {
	if sizeOf(arguments[0], maxItems*10, 1) > maxItems*10 {
		return errItems
	}
	return nil
}

// checkPairs is for functions that compare every item with every other.
func checkPairs(arguments []ref.Val) error {
	pairs := 1
	for i := range 2 {
		if list, ok := arguments[min(i, len(arguments)-1)].(traits.Lister); ok {
			n, _ := list.Size().(types.Int)
			pairs *= int(min(n, maxPairs+1))
		}
	}
	if pairs > maxPairs {
		return errPairs
	}
	return nil
}

// sizeOf is about how long a value is when it is written, or more than most.
func sizeOf(value ref.Val, most, depth int) int {
	if depth > maxDepth {
		return most + 1
	}
	switch v := value.(type) {
	case types.String:
		return len(v)
	case types.Bytes:
		return len(v)
	case traits.Mapper:
		return sizeOfAll(v.Iterator(), most, func(key ref.Val, left int) int { return sizeOf(key, left, depth+1) + sizeOf(v.Get(key), left, depth+1) })
	case traits.Lister:
		return sizeOfAll(v.Iterator(), most, func(item ref.Val, left int) int { return sizeOf(item, left, depth+1) })
	default:
		return 8
	}
}

func sizeOfAll(it traits.Iterator, most int, size func(item ref.Val, left int) int) int {
	total := 2
	for it.HasNext() == types.True && total <= most {
		total += 1 + size(it.Next(), most-total)
	}
	return total
}

func textOf(arguments []ref.Val, index int) string {
	if index >= len(arguments) {
		return ""
	}
	s, _ := arguments[index].(types.String)
	return string(s)
}

// matches is CEL's own, for a bounded product of text and regular expression: Go's regular expressions are
// linear in the text, but each character may cost as many steps as the expression has instructions.
func matches(arguments ...ref.Val) ref.Val {
	if len(arguments) != 2 {
		return types.NewErr("no such overload: matches")
	}
	text, isText := arguments[0].(types.String)
	pattern, isPattern := arguments[1].(types.String)
	if !isText || !isPattern {
		return types.MaybeNoSuchOverloadErr(arguments[0])
	}
	size, err := types.RegexProgramSize(string(pattern))
	if err != nil {
		return types.WrapErr(err)
	}
	if size > MaxRegexSize || size*len(text) > maxMatching {
		return types.WrapErr(errors.New("matches: the regular expression is too large for a text of this length"))
	}
	compiled, err := regexp.Compile(string(pattern))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(compiled.MatchString(string(text)))
}
