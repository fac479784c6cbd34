package expression

import (
	"net/url"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// ownFunctions are json(text), which parses, to_json(value), and path_escape(value), for a segment of a URL's path.
func ownFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Function("json", cel.Overload("json_string", []*cel.Type{cel.StringType}, cel.DynType, cel.UnaryBinding(parseJSON))),
		cel.Function("to_json", cel.Overload("to_json_dyn", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(formatJSON))),
		cel.Function("path_escape", cel.Overload("path_escape_dyn", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(pathEscape))),
		cel.CostModel(
			cost.Overload("json_string", cost.EvalCost(cost.Scale(cost.Arg(0), 0.1)), cost.ResultSize(cost.Arg(0))),
			cost.Overload("path_escape_dyn", cost.EvalCost(cost.Scale(cost.Result(), 0.1)), cost.ResultSize(cost.AtMost(cost.Const(MaxValue)))),
			cost.Overload("to_json_dyn", cost.EvalCost(cost.Scale(cost.Result(), 0.1)), cost.ResultSize(cost.AtMost(cost.Const(MaxValue)))),
		),
	}
}

func parseJSON(text ref.Val) ref.Val {
	s, ok := text.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(text)
	}
	if len(s) > MaxValue {
		return types.NewErr("json(…): the text has %d bytes, at most %d are allowed", len(s), MaxValue)
	}
	value, err := decode([]byte(s))
	if err != nil {
		return types.NewErr("json(…): %v", err)
	}
	return value
}

func formatJSON(value ref.Val) ref.Val {
	text, err := encode(value)
	if err != nil {
		return types.NewErr("to_json(…): %v", err)
	}
	return types.String(text)
}

// pathEscape writes a text as it is but for what ends a segment, and any other value as JSON.
func pathEscape(value ref.Val) ref.Val {
	text, ok := value.(types.String)
	if !ok {
		if text, ok = formatJSON(value).(types.String); !ok {
			return types.MaybeNoSuchOverloadErr(value)
		}
	}
	return types.String(url.PathEscape(string(text)))
}
