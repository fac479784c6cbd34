//go:build live

package adoption

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/terraform"
)

// One part of the infrastructure, declared with the same choices on both sides, plans the same from nothing,
// from another state, and when it stands.
func TestPlansEqualThoseOfHCL(t *testing.T) {
	t.Parallel() // as the other
	world := livetest.Start(t)
	world.Env = append(world.Env, "TF_VAR_certificate_arn=")
	hcl := copied(t, world, "../../testdata/slice")
	synthesized := world.Terraform(t.TempDir(), nil)
	writeSlice(t, filepath.Join(livetest.Synthesize(t), "production"), synthesized.Dir)
	must(t, hcl.Init(t.Context()))
	must(t, synthesized.Init(t.Context()))
	certificate := world.Certificate(t, domain)

	files, err := filepath.Glob("../../testdata/slice/*.tfvars")
	must(t, err)
	if len(files) != 3 {
		t.Fatalf("testdata/slice has the tfvars files %v, want three", files)
	}
	for _, file := range files { // each on top of the one before, in the order of their names
		file, err := filepath.Abs(file)
		must(t, err)
		args := []string{"-var-file=" + file}
		if strings.Contains(file, "domain") {
			args = append(args, "-var=certificate_arn="+certificate)
		}
		compareOn(t, file, hcl, synthesized, args)
	}
}

// compareOn compares the plans for one tfvars file on an empty state, on the state that is there, and on the
// state that results, which must then be complete on both sides.
func compareOn(t *testing.T, file string, hcl, synthesized terraform.Runner, args []string) {
	t.Helper()
	name := filepath.Base(file)
	fresh := append([]string{"-state=none"}, args...)
	compare(t, name+" on nothing", planned(t, hcl, fresh...), planned(t, synthesized, fresh...))
	compare(t, name+" on the state before", planned(t, hcl, args...), planned(t, synthesized, args...))
	if t.Failed() {
		t.FailNow() // the next state would be another one
	}
	applied(t, hcl, name)
	place(t, synthesized, filepath.Join(hcl.Dir, "terraform.tfstate"), "terraform.tfstate")
	after := planned(t, synthesized, args...)
	compare(t, name+" on the state after", planned(t, hcl, args...), after)
	wantNothingToDo(t, after)
}

func compare(t *testing.T, what string, hcl, synthesized *tfjson.Plan) {
	t.Helper()
	want, got := changes(hcl), changes(synthesized)
	if len(want) == 0 {
		t.Fatalf("%s: HCL plans no resource", what)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: the plans differ (-HCL +synthesized):\n%s", what, diff)
		return
	}
	t.Logf("%s: %d resources planned alike", what, len(want))
}

// changes is what a plan does, by address: the order in the file means nothing.
func changes(plan *tfjson.Plan) map[string]*tfjson.Change {
	found := map[string]*tfjson.Change{}
	for _, resource := range plan.ResourceChanges {
		found[resource.Address+" "+resource.DeposedKey] = resource.Change
	}
	return found
}

func writeSlice(t *testing.T, from, to string) {
	t.Helper()
	stack, err := os.ReadFile(filepath.Join(from, "cdk.tf.json"))
	must(t, err)
	slice, err := sliceOf(stack)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(to, "cdk.tf.json"), slice, 0o600))
}
