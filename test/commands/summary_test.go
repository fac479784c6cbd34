//go:build live

package commands_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// images is an output and a variable, as environments have them.
const (
	images        = `}, "output": {"image_tag": {"value": "${var.image_tag}"}`
	imageVariable = `{"variable": {"image_tag": {"type": "string", "default": "first"}}}`
)

func TestPlanSummaryAndDrift(t *testing.T) {
	e := startAWS(t)
	makeDemoBucket(t, e)
	f := demoFolder(t, e, images)
	f.write(t, "app/stacks/demo/images.tf.json", imageVariable)
	summary := filepath.Join(f.dir, "summary.md")
	f.env = append(f.env, "GITHUB_STEP_SUMMARY="+summary)
	agentteam := func(args ...string) result { return run(t, f.agentteamCommand(t.Context(), args...), "") }

	agentteam("plan-summary", "demo").want(t, 0, "### demo\n\n**1 to create**", "- create `aws_ssm_parameter.demo`")
	if text, err := os.ReadFile(summary); err != nil || !strings.Contains(string(text), "## Plan\n\n### demo") {
		t.Errorf("the job's summary is %q, %v", text, err)
	}
	agentteam("plan-summary", "demo", "nowhere").want(t, 1, "### demo", "The plan failed", `there is no environment "nowhere"`)
	agentteam("drift", "demo").want(t, 2, "## Drift")

	agentteam("deploy", "demo", "--auto-approve", "--image-tag=second").want(t, 0, `image_tag = "second"`)
	agentteam("drift", "demo").want(t, 0, "No changes.") // and the images that run are not taken back to the first
	f.write(t, "demo.tfvars", "count_of_words = 2\n")
	agentteam("deploy", "demo", "--auto-approve").want(t, 0, "1 changed", `image_tag = "second"`)
	agentteam("deploy", "demo", "--auto-approve", "--image-tag=first").want(t, 0, `image_tag = "first"`)
	if left, _ := filepath.Glob(filepath.Join(f.dir, "cdktf.out/stacks/demo/plan.tfplan")); left != nil {
		t.Errorf("%v is left", left)
	}
}
