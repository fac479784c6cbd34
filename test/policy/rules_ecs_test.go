//go:build live

package policy

import (
	"fmt"
	"slices"

	"github.com/agentteam/agentteam/contract"
)

func taskRules() []rule {
	const task, service, containers = "aws_ecs_task_definition", "aws_ecs_service", "container_definitions.*."
	return []rule{
		{
			id: "ECS.2", title: "ECS services should not have public IP addresses assigned to them automatically",
			in: everyEnvironment(), kind: service, want: []property{no("network_configuration.0.assign_public_ip")},
		},
		{
			id: "ECS.3", title: "ECS task definitions should not share the host's process namespace",
			in: everyEnvironment(), kind: task, want: []property{absent("pid_mode", "host")},
		},
		{
			id: "ECS.4", title: "ECS containers should run as non-privileged",
			in: everyEnvironment(), kind: task, want: []property{orUnset(no(containers + "privileged"))},
		},
		{
			id: "ECS.5", title: "ECS containers should be limited to read-only access to root filesystems",
			in: survivesTheLossOf(), kind: task, want: []property{yes(containers + "readonlyRootFilesystem")},
		},
		{
			id: "ECS.8", title: "Secrets should not be passed as container environment variables",
			in: everyEnvironment(), kind: task, check: secretsAreReferences,
			mutations: []mutation{
				{"a key in the environment", func(_ *stack, r *resource) bool { return addVariable(r, contract.OpenAIAPIKey) }},
				{"AWS credentials in the environment", func(_ *stack, r *resource) bool { return addVariable(r, "AWS_SECRET_ACCESS_KEY") }},
			},
		},
		{
			id: "ECS.9", title: "ECS task definitions should have a logging configuration",
			in: everyEnvironment(), kind: task, want: []property{equal(containers+"logConfiguration.logDriver", "awslogs", "none")},
		},
		{
			id: "ECS.10", title: "ECS Fargate services should run on the latest Fargate platform version",
			in: everyEnvironment(), kind: service, want: []property{orUnset(equal("platform_version", "LATEST", "1.3.0"))},
		},
		{
			id: "ECS.12", title: "ECS clusters should use Container Insights",
			in: everyEnvironment(), kind: "aws_ecs_cluster",
			want: []property{equal("setting.0.name", "containerInsights", ""), matching("setting.0.value", "^(enabled|enhanced)$", "disabled")},
		},
		{
			id: "ECS.17", title: "ECS task definitions should not use host network mode",
			in: everyEnvironment(), kind: task, want: []property{equal("network_mode", "awsvpc", "host")},
		},
		{
			id: "ECS.20", title: "ECS Task Definitions should configure non-root users in Linux container definitions",
			in: everyEnvironment(), kind: task, want: []property{matching(containers+"user", "^[1-9][0-9]*$", "0")},
		},
	}
}

// orUnset accepts AWS's own default as well.
func orUnset(p property) property {
	p.unset = true
	return p
}

// neverPlain are the variables whose values are secrets: AWS's own list, and the contract's.
func neverPlain() []string {
	names := []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"}
	for _, v := range append(contract.GatewayEnvironment(), contract.EngineEnvironment()...) {
		if v.Source == contract.Secret {
			names = append(names, v.Name)
		}
	}
	return names
}

func secretsAreReferences(_ *stack, r *resource) string {
	for _, path := range expand(r.Values, "container_definitions.*.environment.*.name") {
		if name := r.text(path); slices.Contains(neverPlain(), name) {
			return fmt.Sprintf("%s is %s, which belongs into secrets", path, name)
		}
	}
	if len(expand(r.Values, "container_definitions.*.secrets.*.valueFrom")) < 2 {
		return "it takes no secrets: the rule looks at nothing"
	}
	return ""
}

func addVariable(r *resource, name string) bool {
	set(r.Values, "container_definitions.0.environment.0.name", name)
	return true
}
