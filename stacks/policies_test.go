package stacks_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

// onEverything are the actions that take no resource. Every other names one.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var onEverything = []string{
	"ecr:GetAuthorizationToken", "logs:DescribeLogGroups", "secretsmanager:GetRandomPassword",
	"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
}

// boundaryOfDeploy is the one document that allows whole services: it says what the deploy role can not do.
const boundaryOfDeploy = "deploy_boundary"

func TestPoliciesNameWhatTheyAllow(t *testing.T) {
	used := map[string]bool{}
	for name, stack := range synthtest.Stacks(t) {
		documents := stack.Data("aws_iam_policy_document")
		if len(documents) == 0 {
			t.Errorf("%s has no policy: the test looks at nothing", name)
		}
		for document, block := range documents {
			if document == boundaryOfDeploy {
				continue
			}
			for _, s := range allowing(block) {
				checkResources(t, name+": "+document, s)
				for _, action := range list(s["actions"]) {
					used[action] = true
				}
			}
		}
	}
	for _, action := range onEverything {
		if !used[action] {
			t.Errorf("no policy has %s any more: remove it from onEverything", action)
		}
	}
}

func checkResources(t *testing.T, document string, s synthtest.Block) {
	t.Helper()
	everything := slices.Contains(list(s["resources"]), "*")
	for _, action := range list(s["actions"]) {
		if strings.Contains(action, "*") {
			t.Errorf("%s allows %s: name the actions", document, action)
		}
		if everything && !slices.Contains(onEverything, action) {
			t.Errorf("%s allows %s on everything: name the resource, or add it to onEverything if it takes none", document, action)
		}
	}
}

// Every role of an environment has the boundary without which the deploy role could not make it, and trusts one service of this account.
func TestEveryRoleIsBounded(t *testing.T) {
	const boundary = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/${var.project_name}-roles-boundary"
	account := synthtest.Stacks(t)["account"]
	want(t, account, "aws_iam_policy.roles_boundary", map[string]any{"name": "${var.project_name}-roles-boundary"})
	want(t, account, "aws_iam_role.deploy", map[string]any{"permissions_boundary": "${aws_iam_policy.deploy_boundary[0].arn}"})
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		roles := stack.Resources("aws_iam_role")
		wantSame(t, "roles", slices.Collect(maps.Keys(roles)), []string{"ecs_execution", "api_gateway_task", "workflow_engine_task", "flow_logs"})
		for name, role := range roles {
			if role["permissions_boundary"] != boundary {
				t.Errorf("%s is bounded by %v", name, role["permissions_boundary"])
			}
		}
		for _, document := range []string{"ecs_tasks_trust", "flow_logs_trust"} {
			trust := statements(stack.Data("aws_iam_policy_document")[document])
			if len(trust) != 1 || !strings.Contains(synthtest.Text(trust), "aws:SourceAccount") {
				t.Errorf("%s lets other accounts in: %v", document, trust)
			}
		}
	})
}

// What an environment's roles may do, the boundary lets through: else a deployment succeeds and its tasks do not start.
func TestTheBoundaryLetsThroughWhatRolesDo(t *testing.T) {
	allowed := map[string]bool{}
	for _, s := range statements(synthtest.Stacks(t)["account"].Data("aws_iam_policy_document")["roles_boundary"]) {
		for _, action := range list(s["actions"]) {
			allowed[action] = true
		}
	}
	needed := map[string]bool{}
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for document, block := range stack.Data("aws_iam_policy_document") {
			for _, s := range statements(block) {
				if s["principals"] != nil { // a trust or a bucket's policy
					continue
				}
				for _, action := range list(s["actions"]) {
					needed[action] = true
					if !allowed[action] {
						t.Errorf("%s allows %s, which the boundary does not", document, action)
					}
				}
			}
		}
	})
	for action := range allowed {
		if !needed[action] {
			t.Errorf("the boundary lets %s through, which no role uses", action)
		}
	}
}

// serviceOf says which IAM service a resource type's calls belong to, where the type does not begin with its name.
var serviceOf = map[string]string{
	"apigatewayv2": "apigateway", "appautoscaling": "application-autoscaling", "db": "rds", "lb": "elasticloadbalancing", "service_discovery": "servicediscovery",
	"vpc": "ec2", "subnet": "ec2", "route": "ec2", "security": "ec2", "default": "ec2", "internet": "ec2", "nat": "ec2", "eip": "ec2", "flow": "ec2",
}

// The deploy role can do what the stacks are made of: a service that is missing would stop a deployment on AWS alone.
func TestTheDeployRoleReachesEveryService(t *testing.T) {
	document := synthtest.Text(synthtest.Stacks(t)["account"].Data("aws_iam_policy_document")[boundaryOfDeploy])
	for name, stack := range synthtest.Stacks(t) {
		resources, _ := stack["resource"].(map[string]any)
		for kind := range resources {
			rest := strings.TrimPrefix(kind, "aws_")
			service, _, _ := strings.Cut(rest, "_")
			if strings.HasPrefix(kind, "aws_service_discovery") {
				service = "service_discovery"
			}
			if strings.HasPrefix(kind, "aws_cloudwatch_log") {
				service = "logs"
			}
			if other := serviceOf[service]; other != "" {
				service = other
			}
			if !strings.Contains(document, `"`+service+`:`) {
				t.Errorf("%s: the deploy role cannot make %s: its boundary has no %s", name, kind, service)
			}
		}
	}
}

// A role that the deploy role makes, or changes, has the boundary.
func TestTheDeployRoleMakesBoundedRolesAlone(t *testing.T) {
	for _, s := range allowing(synthtest.Stacks(t)["account"].Data("aws_iam_policy_document")["deploy_roles"]) {
		for _, action := range list(s["actions"]) {
			dangerous := slices.Contains([]string{"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}, action)
			if dangerous && !strings.Contains(synthtest.Text(s["condition"]), "iam:PermissionsBoundary") {
				t.Errorf("%s is allowed without the boundary", action)
			}
			if slices.Contains([]string{"iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:CreatePolicyVersion"}, action) {
				t.Errorf("%s would open the boundary", action)
			}
		}
	}
}

func statements(document synthtest.Block) []synthtest.Block {
	found, _ := document["statement"].([]any)
	blocks := make([]synthtest.Block, 0, len(found))
	for _, s := range found {
		block, _ := s.(map[string]any)
		blocks = append(blocks, block)
	}
	return blocks
}

// allowing are the statements that do not deny.
func allowing(document synthtest.Block) []synthtest.Block {
	return slices.DeleteFunc(statements(document), func(s synthtest.Block) bool { return s["effect"] == "Deny" })
}

func list(value any) []string {
	items, _ := value.([]any)
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i], _ = item.(string)
	}
	return texts
}
