package stacks_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

const example = "../terraform.tfvars.example"

// The example is the reference of the variables: it has each, with production's value, and the keys as comments.
func TestTheExampleHasEveryVariableWithProductionsValue(t *testing.T) {
	production := synthtest.Environments(t)["production"]
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var written, declared []string
	for _, match := range regexp.MustCompile(`(?m)^(?:# )?(\w+) *=`).FindAllSubmatch(text, -1) {
		written = append(written, string(match[1]))
	}
	outputs := map[string]any{}
	for name, variable := range production.Variables() {
		declared = append(declared, name)
		if variable["ephemeral"] != true {
			outputs[name] = map[string]any{"value": "${var." + name + "}"}
		}
	}
	wantSame(t, "variables of the example", written, declared)

	tf := valuesOnly(t, production, outputs)
	file, err := filepath.Abs(example)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tf.Plan(t.Context(), "defaults"); err != nil {
		t.Fatal(err)
	}
	if err := tf.Apply(t.Context(), "defaults"); err != nil {
		t.Fatal(err)
	}
	if changes, err := tf.Plan(t.Context(), "example", "-var-file="+file); err != nil || changes {
		t.Errorf("the example changes production's defaults: %v, %v", changes, err)
	}
}
