//go:build live

package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/terraform"
)

// planned plans every stack as it would be deployed: the account's on what the account has, since environments look its
// registries up, and the environments' on nothing. Production has a domain, as the guide has it.
func planned(t *testing.T) map[string]*tfjson.Plan {
	t.Helper()
	world := livetest.Start(t)
	world.Env = append(world.Env, "TF_VAR_github_repository=owner/name")
	plans := map[string]*tfjson.Plan{account: planOf(t, world.Account(t, nil))}
	folder := livetest.Synthesize(t)
	for _, name := range everyEnvironment() {
		tf := world.Terraform(filepath.Join(folder, name), nil)
		makeKnown(t, filepath.Join(tf.Dir, "cdk.tf.json"))
		if name == production {
			tf.Env = append(tf.Env, "TF_VAR_domain_name=api.example.com",
				"TF_VAR_certificate_arn=arn:aws:acm:us-east-1:123456789012:certificate/policy")
		}
		if err := tf.Init(t.Context()); err != nil {
			t.Fatal(err)
		}
		plans[name] = planOf(t, tf)
	}
	return plans
}

func planOf(t *testing.T, tf terraform.Runner) *tfjson.Plan {
	t.Helper()
	if _, err := tf.Plan(t.Context(), "plan", "-lock=false"); err != nil {
		t.Fatal(err)
	}
	plan, err := tf.ShowPlan(t.Context(), "plan")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// unknown are the values inside container definitions that only an apply tells. One of them makes the whole text unknown.
var unknown = regexp.MustCompile(`\$\{(aws_(?:ssm_parameter|elasticache_replication_group)\.\w+\.\w+)\}`)

// makeKnown writes those values' addresses in their place, so that the plan shows what the tasks are given.
func makeKnown(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	definitions := regexp.MustCompile(`"container_definitions": ".*"`)
	changed := definitions.ReplaceAllFunc(text, func(definition []byte) []byte {
		return unknown.ReplaceAll(definition, []byte("(known after apply: $1)"))
	})
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
}
