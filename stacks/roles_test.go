package stacks_test

import (
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

// Code of a pull request runs with the plan role: whatever AWS lets it do beyond reading must be seen here.
func TestThePlanRoleChangesNothing(t *testing.T) {
	account := synthtest.Stacks(t)["account"]
	for name, attachment := range account.Resources("aws_iam_role_policy_attachment") {
		if arn, _ := attachment["policy_arn"].(string); strings.Contains(synthtest.Text(attachment["role"]), "aws_iam_role.plan") && !strings.HasSuffix(arn, ":iam::aws:policy/ReadOnlyAccess") {
			t.Errorf("aws_iam_role_policy_attachment.%s gives the plan role %s", name, arn)
		}
	}
	for name, inline := range account.Resources("aws_iam_role_policy") {
		if strings.Contains(synthtest.Text(inline["role"]), "aws_iam_role.plan") && name != "plan_limits" {
			t.Errorf("aws_iam_role_policy.%s is not looked at here", name)
		}
	}
	statements, _ := account.Data("aws_iam_policy_document")["plan_limits"]["statement"].([]any)
	var denials []any
	for _, statement := range statements {
		s, _ := statement.(map[string]any)
		if s["effect"] == "Deny" {
			denials = append(denials, s)
		} else if got := synthtest.Text(s["actions"]); got != `["secretsmanager:GetRandomPassword"]` {
			t.Errorf("the plan role may %s", got)
		}
	}
	denied := synthtest.Text(denials)
	for _, data := range []string{"s3:GetObject", "logs:GetLogEvents", "terraform-state/*"} {
		if !strings.Contains(denied, data) {
			t.Errorf("the plan role's denials lack %s: %s", data, denied)
		}
	}
}
