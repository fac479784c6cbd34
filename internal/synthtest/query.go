package synthtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Block is the arguments of one resource, variable or other block.
type Block map[string]any

// Resources returns the resources of a type by name, and none if the stack has none.
func (s Stack) Resources(kind string) map[string]Block { return s.blocks("resource", kind) }

// Data returns the data sources of a type by name.
func (s Stack) Data(kind string) map[string]Block { return s.blocks("data", kind) }

// Variables returns the input variables by name.
func (s Stack) Variables() map[string]Block { return s.blocks("variable") }

// Resource returns one resource, which must be there.
func (s Stack) Resource(t *testing.T, address string) Block {
	t.Helper()
	kind, name, _ := strings.Cut(address, ".")
	block, ok := s.Resources(kind)[name]
	if !ok {
		t.Fatalf("the stack has no %s", address)
	}
	return block
}

// Default returns the default of a variable.
func (s Stack) Default(variable string) any { return s.Variables()[variable]["default"] }

func (s Stack) blocks(path ...string) map[string]Block {
	found := map[string]any(s)
	for _, key := range path {
		found, _ = found[key].(map[string]any)
	}
	blocks := map[string]Block{}
	for name, value := range found {
		if block, ok := value.(map[string]any); ok {
			blocks[name] = block
		}
	}
	return blocks
}

// Text returns everything a block or a stack says as JSON.
func Text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("marshal %T: %v", value, err)) // it came from JSON
	}
	return string(data)
}
