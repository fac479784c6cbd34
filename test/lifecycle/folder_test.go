//go:build live

package lifecycle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/terraform"
)

// folder is one stack's folder, with everything that terraform printed and planned there.
type folder struct {
	stack string
	world *livetest.World
	watch *stopwatch
	tf    terraform.Runner
	log   *os.File
	plans []string // files
}

func newFolder(t *testing.T, world *livetest.World, watch *stopwatch, stack string) *folder {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), stack+".log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	tf := world.Terraform(filepath.Join(livetest.Synthesize(t), stack), log)
	return &folder{stack: stack, world: world, watch: watch, tf: tf, log: log}
}

const (
	changed   = true
	unchanged = false
)

// write makes the folder's tfvars file.
func (f *folder) write(t *testing.T, values map[string]any) {
	t.Helper()
	data, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.tf.Dir, "terraform.tfvars.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// give puts secret values into the environment of the next commands, in place of the last ones.
func (f *folder) give(keys map[string]string) {
	f.tf.Env = slices.Clone(f.world.Env) // the other life has its own
	for name, value := range keys {
		f.tf.Env = append(f.tf.Env, "TF_VAR_"+name+"="+value)
	}
}

func (f *folder) step(t *testing.T, what string, do func() error) {
	t.Helper()
	f.watch.phase(f.stack, what, func() {
		if err := do(); err != nil {
			t.Fatalf("%s: %s: %v", f.stack, what, err)
		}
	})
}

// plan plans into a file of its own, which is kept for the search for secrets.
func (f *folder) plan(t *testing.T, what string, want bool) {
	t.Helper()
	file := filepath.Join(f.tf.Dir, fmt.Sprintf("plan-%d", len(f.plans)+1))
	f.plans = append(f.plans, file)
	f.step(t, what, func() error {
		got, err := f.tf.Plan(t.Context(), file)
		if err == nil && got != want {
			err = fmt.Errorf("the plan has changes: %v, want %v\n%s", got, want, f.tail())
		}
		return err
	})
}

// apply applies the last plan.
func (f *folder) apply(t *testing.T, what string) {
	t.Helper()
	f.step(t, what, func() error { return f.tf.Apply(t.Context(), f.plans[len(f.plans)-1]) })
}

// change applies other tfvars, and checks that nothing is left to change after that.
func (f *folder) change(t *testing.T, what string, values map[string]any) {
	t.Helper()
	f.write(t, values)
	f.plan(t, what+": plan", changed)
	f.apply(t, what+": apply")
	f.plan(t, what+": plan again", unchanged)
}

func (f *folder) prefix() string { return "/agent-team-" + f.stack + "/" }

// stored reads the secrets that are in force.
func (f *folder) stored(t *testing.T, secrets *secrets) map[string]string {
	t.Helper()
	values := f.world.Parameters(t, f.prefix())
	if len(values) != 9 {
		t.Errorf("%s has %d parameters, want 9", f.prefix(), len(values))
	}
	secrets.give(values)
	return values
}

func (f *folder) refusesToBeDestroyed(t *testing.T) {
	t.Helper()
	f.watch.phase(f.stack, "destroy, refused", func() {
		if _, err := f.tf.Plan(t.Context(), "destroy-plan", "-destroy"); err == nil || !strings.Contains(err.Error(), "Instance cannot be destroyed") {
			t.Errorf("%s lets itself be destroyed: %v", f.stack, err)
		}
	})
}

// wantProtected checks that AWS would refuse to delete the database.
func (f *folder) wantProtected(t *testing.T) {
	t.Helper()
	if err := f.world.DeleteDatabase(t, "agent-team-"+f.stack+"-db"); err == nil || !strings.Contains(err.Error(), "disable deletion protection") {
		t.Errorf("the database of %s is not protected: %v", f.stack, err)
	}
}

func (f *folder) wantEmptyState(t *testing.T) {
	t.Helper()
	state, err := f.tf.ShowState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if state.Values != nil {
		t.Errorf("after destroy, the state of %s holds %+v", f.stack, state.Values.RootModule)
	}
}

// tail is the end of what terraform printed.
func (f *folder) tail() string {
	data, err := os.ReadFile(f.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-4000):])
}
