package expression

import (
	"encoding/json"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// activation gives CEL the variables of one evaluation, and decodes each when it is first used.
type activation struct {
	vars    map[string]any
	decoded map[string]ref.Val
	err     error
}

func newActivation(vars map[string]any) *activation {
	return &activation{vars: vars, decoded: make(map[string]ref.Val, len(vars))}
}

// Parent is none.
func (a *activation) Parent() cel.Activation { return nil }

// ResolveName finds a variable, or a property that is a variable of its own because its type is known.
func (a *activation) ResolveName(name string) (any, bool) {
	root, rest, dotted := strings.Cut(strings.TrimPrefix(name, "."), ".")
	value, ok := a.variable(root)
	for dotted && ok {
		var key string
		key, rest, dotted = strings.Cut(rest, ".")
		mapper, isMap := value.(traits.Mapper)
		if !isMap {
			return nil, false
		}
		value, ok = mapper.Find(types.String(key))
	}
	return value, ok
}

func (a *activation) variable(name string) (ref.Val, bool) {
	if value, ok := a.decoded[name]; ok {
		return value, true
	}
	given, ok := a.vars[name]
	if !ok {
		return nil, false
	}
	value, err := adaptVariable(given, 1)
	if err != nil {
		a.err = fmt.Errorf("the variable %s: %w", name, err)
		return nil, false
	}
	a.decoded[name] = value
	return value, true
}

func adaptVariable(given any, depth int) (ref.Val, error) {
	switch v := given.(type) {
	case Value:
		return v.orNull(), nil
	case json.RawMessage:
		value, err := Decode(v)
		return value.value, err
	case int:
		return types.Int(v), nil
	case int64:
		return types.Int(v), nil
	case map[string]any:
		return adaptVariables(v, depth)
	default:
		return adapt(given, depth)
	}
}

// adaptVariables is for objects whose members may be prepared already.
func adaptVariables(object map[string]any, depth int) (ref.Val, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the value is nested deeper than %d", maxDepth)
	}
	values := make(map[ref.Val]ref.Val, len(object))
	for key, item := range object {
		value, err := adaptVariable(item, depth+1)
		if err != nil {
			return nil, err
		}
		values[types.String(key)] = value
	}
	return types.NewRefValMap(types.DefaultTypeAdapter, values), nil
}
