//go:build live

package lifecycle

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/livetest"
)

// movedBucket is where the runbook moves staging's state.
const movedBucket = "agent-team-moved-states"

// operate takes staging, in three zones and on Spot, through what comes after its first day: a new build, every runbook, and its end.
func operate(t *testing.T, world *livetest.World, watch *stopwatch, secrets *secrets) {
	c := newCheckout(t, world, watch, "staging")
	former := base(t)
	c.run(t, "tfvars", c.write(`
		public_subnet_cidrs   = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
		private_subnet_cidrs  = ["10.0.10.0/24", "10.0.20.0/24", "10.0.30.0/24"]
		database_subnet_cidrs = ["10.0.100.0/24", "10.0.110.0/24", "10.0.120.0/24"]
		fargate_spot_weight   = 100
		deletion_protection   = true
		db_final_snapshot     = true`))
	if !t.Run("upgrade", func(t *testing.T) { c.upgrade(t, former) }) {
		return
	}
	if output := c.run(t, "deploy", "make deploy"); former != "" && !strings.Contains(output, "No changes.") {
		t.Errorf("the upgrade leaves something to change:\n%s", output)
	}

	prefix := "/agent-team-" + c.environment + "/"
	first := world.Parameters(t, prefix)
	c.follow(t, "rotate-secrets.md", "", "TF_VAR_anthropic_api_key=sk-ant-staging-second")
	second := world.Parameters(t, prefix)
	wantRotation(t, prefix, first, second, life{rotated: map[string]string{"anthropic_api_key": "sk-ant-staging-second"}})
	secrets.give(first, second)

	address := c.attribute(t, "aws_eip.nat", "public_ip")
	c.wantOther(t, "aws_nat_gateway.main", "id", func() { c.follow(t, "replace-nat.md", "") })
	if got := c.attribute(t, "aws_nat_gateway.main", "public_ip"); got != address {
		t.Errorf("after replace-nat.md the public address is %s, want %s as before", got, address)
	}
	c.wantOther(t, "aws_db_instance.main", "resource_id", func() {
		c.follow(t, "restore-database.md", "", "TIME="+time.Now().UTC().Format(time.RFC3339))
	})
	c.rollBack(t, former)

	// Without a NAT gateway from here on.
	c.follow(t, "upgrade-postgresql.md", `
		nat_mode            = "none"
		interface_endpoints = ["ecr.api", "ecr.dkr", "logs", "ssm"]`)
	if got := c.attribute(t, "aws_db_instance.main", "engine_version_actual"); !strings.HasPrefix(got, "17") {
		t.Errorf("after upgrade-postgresql.md PostgreSQL is %q, want 17", got)
	}
	c.follow(t, "move-state.md", "", "BUCKET="+movedBucket)
	c.follow(t, "tear-down.md", "")
	if resources, err := c.tf.Resources(t.Context()); err != nil || len(resources) > 0 {
		t.Errorf("after tear-down.md the state of %s holds %q, %v", c.environment, resources, err)
	}
	c.wantAllFollowed(t)
}

// upgrade deploys the former commit and then this one, which must keep what cannot be made anew.
func (c *checkout) upgrade(t *testing.T, former string) {
	if former == "" {
		t.Skip("there is no commit to upgrade from: this clone is shallow (git fetch --deepen=1), or BASE names this commit or none")
	}
	c.run(t, "deploy the commit before, "+former, "git checkout --quiet "+former+" && make deploy")
	c.run(t, "upgrade: plan", "git checkout --quiet - && make plan")
	plan, err := c.tf.ShowPlan(t.Context(), "plan.tfplan")
	if err != nil {
		t.Fatal(err)
	}
	unchanged := slices.DeleteFunc(slices.Clone(plan.ResourceChanges), func(r *tfjson.ResourceChange) bool { return !r.Change.Actions.NoOp() })
	t.Logf("the upgrade from %s leaves %d of %d resources as they are", former, len(unchanged), len(plan.ResourceChanges))
	for _, loss := range lost(plan) {
		t.Errorf("the upgrade from %s takes away %s", former, loss)
	}
	if !t.Failed() {
		c.run(t, "upgrade: apply", `terraform -chdir=cdktf.out/stacks/$ENV apply -var-file="$PWD/$ENV.tfvars" plan.tfplan`)
	}
}

// follow runs a runbook's commands, with more in the tfvars file and in the environment. If one fails, the next may still be shown right.
func (c *checkout) follow(t *testing.T, runbook, hcl string, env ...string) {
	t.Helper()
	c.followed = append(c.followed, runbook)
	var script strings.Builder
	script.WriteString(c.write(hcl))
	for _, block := range livetest.Runbook(t, runbook) {
		if block.Language == "hcl" {
			script.WriteString(c.write(block.Text))
		} else {
			script.WriteString(block.Text + "\n")
		}
	}
	t.Run(runbook, func(t *testing.T) { c.run(t, runbook, script.String(), env...) })
}

// rollBack goes to the former commit and back. Without one it goes to this one, which still replaces the images.
func (c *checkout) rollBack(t *testing.T, former string) {
	t.Helper()
	head := strings.TrimSpace(c.run(t, "which commit", "git rev-parse HEAD"))
	if former == "" {
		former = head
	}
	c.follow(t, "roll-back.md", "", "COMMIT="+former)
	if got := c.attribute(t, "aws_ecs_task_definition.api_gateway", "container_definitions"); !strings.Contains(got, former[:12]) {
		t.Errorf("after roll-back.md the tasks do not run the images of %s: %s", former, got)
	}
	c.run(t, "back to this commit", "git checkout --quiet "+head)
}

// wantOther checks that what is done replaces a resource.
func (c *checkout) wantOther(t *testing.T, address, name string, do func()) {
	t.Helper()
	before := c.attribute(t, address, name)
	do()
	if after := c.attribute(t, address, name); after == before || after == "" {
		t.Errorf("the %s of %s was %q and is %q, want another", name, address, before, after)
	}
}

// wantAllFollowed finds a runbook whose commands nobody runs.
func (c *checkout) wantAllFollowed(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(livetest.Runbooks(t), "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("runbooks: %q, %v", files, err)
	}
	done := append([]string{"README.md", "adopt-from-hcl.md"}, c.followed...) // it names the environment; test/adoption
	for _, file := range files {
		if name := filepath.Base(file); len(livetest.Runbook(t, name)) > 0 && !slices.Contains(done, name) {
			t.Errorf("no test follows docs/runbooks/%s", name)
		}
	}
}
