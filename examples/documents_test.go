// Package examples_test holds what is true of every example, and runs them.
package examples_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// folders are the examples by name.
func folders(t *testing.T) (names []string) {
	t.Helper()
	found, err := filepath.Glob("*/workflow.json")
	if err != nil || len(found) == 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	for _, file := range found {
		names = append(names, filepath.Dir(file))
	}
	return names
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// What a reader copies has to be there and to fit together.
func TestEveryExampleIsWhole(t *testing.T) {
	index := read(t, "README.md")
	for _, name := range folders(t) {
		read(t, name, "README.md")
		if !bytes.Contains(index, []byte("]("+name+"/README.md)")) {
			t.Errorf("README.md does not list %s", name)
		}
		var document struct {
			Inputs json.RawMessage `json:"inputs"`
		}
		if err := json.Unmarshal(read(t, name, "workflow.json"), &document); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		fits(t, name, document.Inputs, read(t, name, "inputs.json"))
	}
}

func fits(t *testing.T, name string, schema, value []byte) {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("inputs.json", parsed); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("inputs.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(instance); err != nil {
		t.Errorf("%s: the inputs do not fit the document's: %v", name, err)
	}
}
