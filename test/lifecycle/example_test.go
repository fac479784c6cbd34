//go:build live

package lifecycle

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/agentteam/agentteam/internal/livetest"
)

// The reference of the variables is a tfvars file that plans a whole production.
func TestTheExampleOfTheVariablesIsPlanned(t *testing.T) {
	world := livetest.Start(t)
	world.Account(t, io.Discard)
	tf := world.Terraform(filepath.Join(livetest.Synthesize(t), "production"), io.Discard)
	if err := tf.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	example, err := filepath.Abs("../../terraform.tfvars.example")
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := tf.Plan(t.Context(), "plan", "-var-file="+example); err != nil || !changes {
		t.Errorf("plan of %s: changes %v, %v", example, changes, err)
	}
}
