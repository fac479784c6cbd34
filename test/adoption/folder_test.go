//go:build live

package adoption

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/terraform"
)

const planFile = "plan"

// copied is a copy of a folder of HCL, so that no test leaves a state in the source tree.
func copied(t *testing.T, world *livetest.World, source string) terraform.Runner {
	t.Helper()
	folder := t.TempDir()
	must(t, os.CopyFS(folder, os.DirFS(source)))
	return world.Terraform(folder, nil)
}

// useBucket writes the bucket that the stacks were given into a folder's HCL, as the guide has a team do it
// the other way round.
func useBucket(t *testing.T, tf terraform.Runner, bucket string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(tf.Dir, "*.tf"))
	must(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(file, bytes.ReplaceAll(data, []byte("agent-team-terraform-state"), []byte(bucket)), 0o600))
	}
}

// place copies a file into a runner's folder.
func place(t *testing.T, tf terraform.Runner, source, name string) {
	t.Helper()
	data, err := os.ReadFile(source)
	must(t, err)
	folder, err := os.OpenRoot(tf.Dir)
	must(t, err)
	defer folder.Close()
	must(t, folder.WriteFile(name, data, 0o600))
}

// planned returns what terraform would do.
func planned(t *testing.T, tf terraform.Runner, args ...string) *tfjson.Plan {
	t.Helper()
	_, err := tf.Plan(t.Context(), planFile, args...)
	must(t, err)
	plan, err := tf.ShowPlan(t.Context(), planFile)
	must(t, err)
	return plan
}

// applied does what the last plan says, and reports what it was and how long it took: databases and load
// balancers take minutes, in which a reader of the log should see why.
func applied(t *testing.T, tf terraform.Runner, what string) {
	t.Helper()
	start := time.Now()
	must(t, tf.Apply(t.Context(), planFile))
	t.Logf("%s: applied in %s", what, time.Since(start).Round(time.Second))
}

// wantNothingToDo fails if terraform would still change anything.
func wantNothingToDo(t *testing.T, plan *tfjson.Plan) {
	t.Helper()
	for _, resource := range plan.ResourceChanges {
		if !resource.Change.Actions.NoOp() {
			t.Errorf("after apply, the plan would still %v %s (-is +planned):\n%s",
				resource.Change.Actions, resource.Address, cmp.Diff(resource.Change.Before, resource.Change.After))
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
