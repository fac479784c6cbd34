//go:build live

package commands_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestPlanDeployDestroy(t *testing.T) {
	e := startAWS(t)
	makeDemoBucket(t, e)
	f := demoFolder(t, e, "")
	agentteam := func(input string, args ...string) result {
		return run(t, f.agentteamCommand(t.Context(), args...), input)
	}

	planned := agentteam("", "plan", "demo")
	planned.want(t, 0, "aws_ssm_parameter.demo will be created")
	if first, _, _ := strings.Cut(planned.stdout, "\n"); !strings.HasPrefix(first, "demo: account 123456789012 at "+e.URL()) {
		t.Errorf("the first line is %q, want it to say which account and endpoint", first)
	}
	agentteam("", "plan", "demo", "--detailed-exitcode").want(t, 2)
	agentteam("", "diff", "demo").want(t, 2, "  + aws_ssm_parameter.demo")

	agentteam("", "deploy", "demo").want(t, 1, "add --auto-approve")
	agentteam("no\n", "deploy", "demo").want(t, 1, "nothing was changed")
	agentteam("", "diff", "demo").want(t, 2)
	agentteam("yes\n", "deploy", "demo").want(t, 0, "Apply complete! Resources: 1 added")
	agentteam("", "diff", "demo").want(t, 0)

	f.write(t, "terraform.tfvars", "count_of_words = 2\n")
	agentteam("", "diff", "demo").want(t, 2, "  ~ aws_ssm_parameter.demo")
	f.write(t, "demo.tfvars", "count_of_words = 1\n")
	agentteam("", "diff", "demo").want(t, 0)

	agentteam("", "destroy", "demo", "--auto-approve").want(t, 0, "1 destroyed")
	agentteam("", "diff", "demo").want(t, 2, "  + aws_ssm_parameter.demo")
}

func TestLockedState(t *testing.T) {
	e := startAWS(t)
	makeDemoBucket(t, e)
	lock := `{"ID": "0f9a8f3c-1d1e-4b6b-9a50-5b3a3f6f2f11", "Operation": "OperationTypeApply", "Who": "ann@laptop", ` +
		`"Version": "1.11.4", "Created": "2026-01-02T03:04:05Z", "Path": "demo-state/demo/terraform.tfstate"}`
	s3(t, e, http.MethodPut, "/"+demoBucket+"/"+demoKey+".tflock", lock)
	f := demoFolder(t, e, "")
	run(t, f.agentteamCommand(t.Context(), "deploy", "demo", "--auto-approve"), "").
		want(t, 1, "ann@laptop", "wait until it ends", "force-unlock 0f9a8f3c-1d1e-4b6b-9a50-5b3a3f6f2f11")
}
