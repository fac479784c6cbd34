package expression

import "encoding/json"

// Variables says which variables the expressions of one place may use, and what is known of them.
type Variables struct {
	Inputs json.RawMessage // JSON Schema of the inputs; nil: anything
	Nodes  []string        // ids of the nodes in the same graph
	// AnyNode allows nodes of any id, for a node that is looked at by itself.
	AnyNode bool
	Loop    bool     // in a loop's body: item, index, with
	With    []string // names of the loop's with
	Tool    bool     // only args, as in an agent's tools
	Args    json.RawMessage
}

// Env is what expressions of one place are compiled in. It is safe for concurrent use.
type Env struct{}

// NewEnv prepares to compile expressions over the variables.
func NewEnv(v Variables) (*Env, error) { return &Env{}, nil }
