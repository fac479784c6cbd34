//go:build live

// Package adoption shows that the synthesized stacks are the equal of hand-written HCL: they take over the
// state of such HCL, and where both make the same choices, they plan the same.
package adoption

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/terraform"
)

const domain = "api.example.com"

// keys are the secrets that the team's HCL was given, by their variable.
func keys() map[string]string {
	return map[string]string{
		"supabase_url":              "https://adopted.supabase.co",
		"supabase_anon_key":         "adopted-anon-key",
		"supabase_service_role_key": "adopted-service-role-key",
		"openai_api_key":            "adopted-openai-key",
		"anthropic_api_key":         "adopted-anthropic-key",
	}
}

func TestStacksAdoptTheStateOfEqualHCL(t *testing.T) {
	t.Parallel() // minutes of waiting, in a world of its own
	world := livetest.Start(t)
	world.Env = append(world.Env, "TF_VAR_domain_name="+domain, "TF_VAR_certificate_arn="+world.Certificate(t, domain))
	stacks := livetest.Synthesize(t)
	bucket := livetest.StateBucket(t, stacks)
	deployHCL(t, world, bucket)

	guide := readGuide(t, bucket)
	account := world.Terraform(filepath.Join(stacks, "account"), nil)
	guide.follow(t, world, stacks, "import")
	adopt(t, account, "account", nil)

	guide.follow(t, world, stacks, "put-cluster-capacity-providers")
	production := world.Terraform(filepath.Join(stacks, "production"), nil)
	must(t, os.WriteFile(filepath.Join(production.Dir, "terraform.tfvars"), []byte(guide.block(t, "secrets_version")), 0o600))
	adopt(t, production, "production", productionExceptions())
	wantKeysKept(t, world)
	wantNoKeyInState(t, production)
}

// deployHCL leaves a world in which a team has run its HCL.
func deployHCL(t *testing.T, world *livetest.World, bucketName string) {
	t.Helper()
	bucket := copied(t, world, "testdata/bucket")
	useBucket(t, bucket, bucketName)
	must(t, bucket.Init(t.Context()))
	planned(t, bucket)
	applied(t, bucket, "the state bucket")

	original := copied(t, world, "../../testdata/hcl")
	useBucket(t, original, bucketName)
	for variable, value := range keys() {
		original.Env = append(original.Env, "TF_VAR_"+variable+"="+value)
	}
	must(t, original.Init(t.Context()))
	planned(t, original)
	applied(t, original, "the HCL")
	wantNothingToDo(t, planned(t, original))
}

// adopt plans a synthesized stack on what is there, shows that nothing is lost beyond the exceptions,
// does it, and shows that it is then done.
func adopt(t *testing.T, tf terraform.Runner, stack string, exceptions []exception) {
	t.Helper()
	must(t, tf.Init(t.Context()))
	plan := planned(t, tf)
	t.Logf("The adoption plan of %s:\n%s", stack, summary(plan))
	checkLosses(t, plan, exceptions)
	if t.Failed() {
		t.FailNow() // do not spend minutes on a plan that is wrong
	}
	applied(t, tf, "the adoption of "+stack)
	wantNothingToDo(t, planned(t, tf))
}

// wantKeysKept checks that the services find the keys they had.
func wantKeysKept(t *testing.T, world *livetest.World) {
	t.Helper()
	const prefix = "/agent-team-production/"
	stored := world.Parameters(t, prefix)
	for variable, path := range map[string]string{
		"supabase_url":              "supabase/url",
		"supabase_anon_key":         "supabase/anon-key",
		"supabase_service_role_key": "supabase/service-role-key",
		"openai_api_key":            "openai/api-key",
		"anthropic_api_key":         "anthropic/api-key",
	} {
		if got, want := stored[prefix+path], keys()[variable]; got != want {
			t.Errorf("after the adoption, %s%s holds %q, want %q as before", prefix, path, got, want)
		}
	}
}

// wantNoKeyInState checks that the adoption takes the keys out of the state, where the HCL had them.
func wantNoKeyInState(t *testing.T, tf terraform.Runner) {
	t.Helper()
	state, err := tf.ShowState(t.Context())
	must(t, err)
	for _, resource := range state.Values.RootModule.Resources {
		attributes, err := json.Marshal(resource.AttributeValues)
		must(t, err)
		for variable, key := range keys() {
			if bytes.Contains(attributes, []byte(key)) {
				t.Errorf("after the adoption, the state still holds %s, in %s", variable, resource.Address)
			}
		}
	}
}
