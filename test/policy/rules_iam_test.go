//go:build live

package policy

import (
	"fmt"
	"regexp"
	"slices"
)

const policyDocument = "data.aws_iam_policy_document"

func identityRules() []rule {
	return []rule{
		{
			id: "IAM.1", title: `IAM policies should not allow full "*" administrative privileges`,
			in: everyStack(), kind: policyDocument, check: eachStatement(isAdministrator),
			mutations: []mutation{granting("everything", "*", "*")},
		},
		{
			id: "IAM.21", title: "IAM customer managed policies that you create should not allow wildcard actions for services",
			in: everyStack(), kind: policyDocument, check: eachStatement(isWholeService),
			mutations: []mutation{granting("a whole service", "s3:*", "arn:aws:s3:::bucket")},
		},
		{
			id: "SEC03-BP02", title: "Grant least privilege access: every resource only for actions that have none",
			in: everyStack(), kind: policyDocument, check: eachStatement(isEveryResource),
			mutations: []mutation{granting("every resource", "s3:GetObject", "*")},
		},
		{
			id: "SEC03-BP02", title: "Grant least privilege access: no role has a policy of AWS's for administrators",
			in: []string{account}, kind: "aws_iam_role_policy_attachment",
			want: []property{{
				path: "policy_arn", says: "one for a purpose", bad: "arn:aws:iam::aws:policy/AdministratorAccess",
				is: func(v any) bool {
					arn, ok := v.(string)
					return ok && !regexp.MustCompile(`/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$`).MatchString(arn)
				},
			}},
		},
		{
			id: "SEC03-BP05", title: "Define permission guardrails: every role of an environment has the boundary",
			in: everyEnvironment(), kind: "aws_iam_role",
			want: []property{matching("permissions_boundary", ":policy/agent-team-roles-boundary$", "arn:aws:iam::aws:policy/AdministratorAccess")},
		},
		{
			id: "SEC03-BP07", title: "Analyze public and cross-account access: every role says who assumes it, under which condition",
			in: everyStack(), kind: "aws_iam_role",
			want: []property{
				{path: "assume_role_policy.Statement.*.Condition", says: "a condition", bad: map[string]any{}, is: func(v any) bool { c, _ := v.(map[string]any); return len(c) > 0 }},
				{path: "assume_role_policy.Statement.*.Principal", says: "named principals", bad: "*", is: func(v any) bool { p, _ := v.(map[string]any); return len(p) > 0 && p["AWS"] != "*" }},
			},
		},
	}
}

// statement is one of a policy document that allows something. What only an apply tells is no wildcard.
type statement struct{ actions, resources []any }

func eachStatement(wrong func(statement) bool) func(*stack, *resource) string {
	return func(_ *stack, r *resource) string {
		all, _ := r.get("statement").([]any)
		for n := range all {
			at := fmt.Sprint("statement.", n, ".")
			if r.text(at+"effect") == "Deny" {
				continue
			}
			actions, _ := r.get(at + "actions").([]any)
			resources, _ := r.get(at + "resources").([]any)
			if wrong(statement{actions, resources}) {
				return fmt.Sprintf("statement %d allows %v on %v", n, actions, resources)
			}
		}
		return ""
	}
}

func isAdministrator(s statement) bool {
	return slices.Contains(s.actions, any("*")) && slices.Contains(s.resources, any("*"))
}

func isWholeService(s statement) bool {
	return slices.ContainsFunc(s.actions, func(action any) bool { return regexp.MustCompile(`^[a-z0-9-]+:\*$`).MatchString(fmt.Sprint(action)) })
}

// hasNoResource are actions that AWS lets nobody narrow.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var hasNoResource = regexp.MustCompile(`^(\*|ecr:GetAuthorizationToken|ssmmessages:\w+|logs:DescribeLogGroups|secretsmanager:GetRandomPassword)$`)

func isEveryResource(s statement) bool {
	return slices.Contains(s.resources, any("*")) &&
		slices.ContainsFunc(s.actions, func(action any) bool { return !hasNoResource.MatchString(fmt.Sprint(action)) })
}

// granting lets a document allow more.
func granting(what, action, on string) mutation {
	return mutation{"it allows " + what, func(_ *stack, r *resource) bool {
		set(r.Values, "statement.0.effect", "Allow")
		set(r.Values, "statement.0.actions", []any{action})
		set(r.Values, "statement.0.resources", []any{on})
		return true
	}}
}
