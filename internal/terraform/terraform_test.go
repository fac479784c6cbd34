package terraform_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/terraform"
)

// A stack without a provider: terraform_data is built in, so these tests need nothing but the binary.
const stack = `{
  "variable": {"size": {"type": "number", "default": 1}},
  "resource": {"terraform_data": {"one": {"input": "${var.size}"}}},
  "output": {"size": {"value": "${terraform_data.one.output}"}}
}`

func runner(t *testing.T, config string) (terraform.Runner, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cdk.tf.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	output := new(bytes.Buffer)
	return terraform.Runner{Binary: "terraform", Dir: dir, Output: output, Env: []string{"CHECKPOINT_DISABLE=1"}}, output
}

func TestLifeCycle(t *testing.T) {
	ctx := t.Context()
	tf, output := runner(t, stack)
	must(t, tf.Init(ctx))
	must(t, tf.Validate(ctx))
	wantChanges(t, tf, true)
	plan, err := tf.ShowPlan(ctx, "plan")
	must(t, err)
	if got := plan.ResourceChanges[0].Address; got != "terraform_data.one" {
		t.Errorf("the plan changes %s, want terraform_data.one", got)
	}
	must(t, tf.Apply(ctx, "plan"))
	wantChanges(t, tf, false)
	wantChanges(t, tf, true, "-var=size=2")
	outputs, err := tf.Outputs(ctx)
	must(t, err)
	if got := outputs["size"].Value; got != 1.0 {
		t.Errorf("output size = %v, want 1", got)
	}
	must(t, tf.Destroy(ctx))
	state, err := tf.ShowState(ctx)
	must(t, err)
	if state.Values != nil {
		t.Errorf("state after destroy holds %+v, want nothing", state.Values)
	}
	if strings.Contains(output.String(), "\x1b[") {
		t.Error("output that is not a terminal holds color codes")
	}
}

func TestEval(t *testing.T) {
	tf, _ := runner(t, stack)
	must(t, tf.Init(t.Context()))
	got, err := tf.Eval(t.Context(), "var.size + 1", "-var=size=41")
	must(t, err)
	if got != "42" {
		t.Errorf("var.size + 1 = %q, want 42", got)
	}
}

func TestErrorCarriesDiagnostics(t *testing.T) {
	tf, _ := runner(t, stack)
	must(t, tf.Init(t.Context()))
	_, err := tf.Plan(t.Context(), "plan", "-var=size=large")
	var failed *terraform.Error
	if !errors.As(err, &failed) {
		t.Fatalf("error is %v, want a *terraform.Error", err)
	}
	if failed.Command != "plan" || !strings.Contains(err.Error(), "Unsuitable value for var.size") {
		t.Errorf("error does not name the command and the reason: %v", err)
	}
}

// An interrupted apply must end by itself, with what it created in the state.
func TestInterruptSavesState(t *testing.T) {
	tf, _ := runner(t, `{"resource": {"terraform_data": {
		"quick": {},
		"slow": {"depends_on": ["terraform_data.quick"], "provisioner": {"local-exec": {"command": "touch started; exec sleep 60"}}}}}}`)
	must(t, tf.Init(t.Context()))
	_, err := tf.Plan(t.Context(), "plan")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer cancel()
		waitFor(t, filepath.Join(tf.Dir, "started"))
	}()
	if err := tf.Apply(ctx, "plan"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted apply returned %v, want context.Canceled", err)
	}
	state, err := tf.ShowState(t.Context())
	must(t, err)
	if got := len(state.Values.RootModule.Resources); got != 2 {
		t.Errorf("state holds %d resources, want the finished one and the tainted one", got)
	}
	if _, err := os.Stat(filepath.Join(tf.Dir, ".terraform.tfstate.lock.info")); err == nil {
		t.Error("the state is still locked")
	}
}

func wantChanges(t *testing.T, tf terraform.Runner, want bool, args ...string) {
	t.Helper()
	got, err := tf.Plan(t.Context(), "plan", args...)
	must(t, err)
	if got != want {
		t.Errorf("plan %v has changes: %v, want %v", args, got, want)
	}
}

func waitFor(t *testing.T, path string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Errorf("%s did not appear in 20 s", path)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
