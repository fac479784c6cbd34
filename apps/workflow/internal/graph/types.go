package graph

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

//go:embed types.json
var typesJSON []byte

// builtin is a type with what only the engine has to know of it.
type builtin struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Ports       []string        `json:"ports"`
	Pure        bool            `json:"pure"`
	Open        bool            `json:"open"` // whatever its expressions give is right
	Config      json.RawMessage `json:"config"`
	schema      *schema.Schema
	rules       *rule
}

var builtins = sync.OnceValues(readTypes) //nolint:gochecknoglobals // the types never change, and their schemas take a while to compile

func readTypes() (map[string]*builtin, error) {
	var list []*builtin
	if err := json.Unmarshal(typesJSON, &list); err != nil {
		return nil, fmt.Errorf("types.json: %w", err)
	}
	types := make(map[string]*builtin, len(list))
	agent := slices.IndexFunc(list, func(b *builtin) bool { return b.Name == "agent" })
	for _, b := range list {
		var err error
		if b.Config, err = withAgents(b.Config, list[agent].Config); err != nil {
			return nil, err
		}
		if err := b.compile(); err != nil {
			return nil, err
		}
		types[b.Name] = b
	}
	return types, nil
}

// DefaultTypes are all types that this engine knows, sorted by name.
func DefaultTypes() []Type {
	known, err := builtins()
	if err != nil {
		panic(err) // types.json is part of the program, and tested
	}
	types := make([]Type, 0, len(known))
	for _, b := range known {
		types = append(types, Type{Name: b.Name, Description: b.Description, Config: b.Config, Ports: slices.Clone(b.Ports)})
	}
	slices.SortFunc(types, func(a, b Type) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return types
}

// rule is the part of a config's schema that says where expressions may stand: anywhere, unless it says
// none (the value must be known when publishing), raw (the value is not looked into) or args.
type rule struct {
	Expressions string           `json:"x-expressions"`
	Properties  map[string]*rule `json:"properties"`
	Items       *rule            `json:"items"`
	Additional  *rule            `json:"additionalProperties"`
	Type        any              `json:"type"`
	// Agent says that a reference to an agent may stand here: for its fields, or for the field definition.
	Agent string `json:"x-agent"`
}

// UnmarshalJSON also reads the schemas true and false.
func (r *rule) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '{' {
		return nil
	}
	type plain rule
	return json.Unmarshal(data, (*plain)(r))
}
