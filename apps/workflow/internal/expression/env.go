package expression

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
)

// Bounds of one expression. MaxMemory is in CEL's units: one for each scalar, and for each 10 bytes of text.
const (
	MaxLength    = 4096
	MaxCost      = 100_000
	MaxMemory    = 1_000_000
	MaxRegexSize = 1_000 // instructions
	MaxValue     = 1 << 20
	maxNesting   = 60
	maxNodes     = 2_000 // of the syntax tree, macros expanded
)

// Variables says which variables the expressions of one place may use, and what is known of them.
type Variables struct {
	Inputs json.RawMessage // JSON Schema of the inputs; nil: anything
	Nodes  []string        // ids of the nodes in the same graph
	// AnyNode allows nodes of any id, for a node that is looked at by itself.
	AnyNode bool
	Loop    bool     // in a loop's body: item, index, with
	With    []string // names of the loop's with; nil: not known before the run
	// Tool adds args, as in an agent's tools, whose JSON Schema is Args.
	Tool bool
	Args json.RawMessage
	// Ended leaves inputs and outputs, those of a run that has ended.
	Ended bool
	// OnlyArgs leaves nothing but args: all else was resolved before.
	OnlyArgs bool
	// Only names all variables there are, of any type: what a trigger knows before there is a run.
	Only []string
}

// Env is what expressions of one place are compiled in. It is safe for concurrent use.
type Env struct {
	cel    *cel.Env
	names  []string // of the variables
	nodes  map[string]bool
	any    bool
	fields map[string]*fields // by variable: what it holds, where that is known
}

// NewEnv prepares to compile expressions over the variables.
func NewEnv(v Variables) (*Env, error) {
	b, err := base()
	if err != nil {
		return nil, err
	}
	e := &Env{nodes: map[string]bool{}, any: v.AnyNode, fields: map[string]*fields{}}
	declared := e.declare(v)
	for _, id := range v.Nodes {
		e.nodes[id] = true
	}
	options := make([]cel.EnvOption, 0, len(declared))
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		options = append(options, cel.Variable(name, declared[name]))
	}
	e.cel, err = b.env.Extend(options...)
	if err != nil {
		return nil, fmt.Errorf("declare the variables of expressions: %w", err)
	}
	return e, nil
}

// declare gives the variables with their types. A property whose type the schema states is a variable of
// its own, inputs.topic, which is how CEL checks it.
func (e *Env) declare(v Variables) map[string]*cel.Type {
	declared := map[string]*cel.Type{}
	if v.Only != nil {
		e.names = v.Only
		for _, name := range v.Only {
			declared[name] = cel.DynType
		}
		return declared
	}
	open := cel.MapType(cel.StringType, cel.DynType)
	if v.Tool || v.OnlyArgs {
		e.names = append(e.names, "args")
		e.fields["args"] = fieldsOf(v.Args)
		e.fields["args"].declare("args", declared, 0)
	}
	if v.OnlyArgs {
		return declared
	}
	if v.Ended {
		e.names = append(e.names, "inputs", "outputs")
		declared["inputs"], declared["outputs"] = open, cel.DynType
		return declared
	}
	e.names = append(e.names, "inputs", "nodes", "run")
	e.fields["inputs"] = fieldsOf(v.Inputs)
	e.fields["inputs"].declare("inputs", declared, 0)
	declared["nodes"] = open
	declared["run"] = open
	maps.Copy(declared, map[string]*cel.Type{"run.id": cel.StringType, "run.workflow_id": cel.StringType, "run.version": cel.IntType, "run.started_at": cel.StringType, "run.thread": cel.StringType})
	e.fields["run"] = closed("id", "workflow_id", "version", "started_at", "thread")
	if v.Loop || v.AnyNode {
		e.declareItem(v, declared)
	}
	return declared
}

// declareItem gives what a loop's body has in addition.
func (e *Env) declareItem(v Variables, declared map[string]*cel.Type) {
	e.names = append(e.names, "item", "index", "with")
	declared["item"], declared["index"], declared["with"] = cel.DynType, cel.IntType, cel.MapType(cel.StringType, cel.DynType)
	if v.Loop && v.With != nil {
		e.fields["with"] = closed(v.With...)
	}
}

// foundation is what all environments share.
type foundation struct {
	env    *cel.Env
	guards map[string]guard
}

var base = sync.OnceValues(newFoundation) //nolint:gochecknoglobals // CEL's library never changes, and takes milliseconds to set up

func newFoundation() (*foundation, error) {
	options := append([]cel.EnvOption{
		cel.OptionalTypes(), ext.Strings(), ext.Math(), ext.Encoders(),
		ext.Lists(ext.ListsMaxRangeSize(maxItems)),
		cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true),
		cel.ParserRecursionLimit(maxNesting), cel.ParserExpressionSizeLimit(MaxLength), cel.ExpressionNodeLimit(maxNodes), cel.ParserErrorRecoveryLimit(4),
		cel.RegexProgramSizeLimit(MaxRegexSize),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals()),
	}, ownFunctions()...)
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("set up CEL: %w", err)
	}
	guards, err := guardsOf(env)
	if err != nil {
		return nil, err
	}
	return &foundation{env: env, guards: guards}, nil
}
