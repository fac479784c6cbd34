package stacks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/synthtest"
)

// One port all the way: what the container listens on, what is sent to it, and what the network lets through.
func TestPortsAgree(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		gateway, engine := contract.APIGateway().Port, contract.WorkflowEngine().Port
		for what, got := range map[string]any{
			"target group":  stack.Resource(t, "aws_lb_target_group.api_gateway")["port"],
			"load balancer": first(t, stack.Resource(t, "aws_ecs_service.api_gateway")["load_balancer"])["container_port"],
			"ingress rule":  stack.Resource(t, "aws_vpc_security_group_ingress_rule.alb_to_ecs_tasks")["from_port"],
			"container":     float64(containerOf(t, stack, "api_gateway").PortMappings[0].ContainerPort),
		} {
			if got != float64(gateway) {
				t.Errorf("%s uses port %v for the gateway, want %d", what, got, gateway)
			}
		}
		for what, got := range map[string]any{
			"ingress rule": stack.Resource(t, "aws_vpc_security_group_ingress_rule.ecs_tasks_to_ecs_tasks")["from_port"],
			"container":    float64(containerOf(t, stack, "workflow_engine").PortMappings[0].ContainerPort),
		} {
			if got != float64(engine) {
				t.Errorf("%s uses port %v for the engine, want %d", what, got, engine)
			}
		}
	})
}

// The other half of the contract test is in each app: it reads exactly these variables.
func TestTaskDefinitionsSetExactlyTheContract(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for service, variables := range map[string][]contract.Variable{
			"api_gateway": contract.GatewayEnvironment(), "workflow_engine": contract.EngineEnvironment(),
		} {
			container := containerOf(t, stack, service)
			var plain, secret []string
			for _, v := range container.Environment {
				plain = append(plain, v.Name)
			}
			for _, v := range container.Secrets {
				secret = append(secret, v.Name)
			}
			wantSame(t, service+" environment", plain, names(variables, contract.Plain))
			wantSame(t, service+" secrets", secret, names(variables, contract.Secret))
		}
	})
}

func TestContainersAreHardened(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for service, want := range map[string]contract.Service{"api_gateway": contract.APIGateway(), "workflow_engine": contract.WorkflowEngine()} {
			container := containerOf(t, stack, service)
			if container.User == "" || container.User == "0" || container.User == "root" {
				t.Errorf("%s runs as %q", service, container.User)
			}
			if container.ReadonlyRootFilesystem != "${!var.enable_execute_command}" {
				t.Errorf("%s: readonlyRootFilesystem is %q", service, container.ReadonlyRootFilesystem)
			}
			wantSame(t, service+" health check", container.HealthCheck.Command, []string{"CMD", want.Binary, contract.HealthcheckCommand})
			if container.Name != want.Name || !strings.HasSuffix(container.Image, ".repository_url}:${var.image_tag}") {
				t.Errorf("%s: container %q runs image %q", service, container.Name, container.Image)
			}
			if container.StopTimeout != contract.StopTimeoutSeconds {
				t.Errorf("%s is killed after %d s, and drains for up to %d", service, container.StopTimeout, contract.StopTimeoutSeconds)
			}
		}
	})
}

func TestDeploymentsRollBackByThemselves(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for name, service := range stack.Resources("aws_ecs_service") {
			breaker, _ := service["deployment_circuit_breaker"].(map[string]any)
			if breaker["enable"] != true || breaker["rollback"] != true || service["deployment_minimum_healthy_percent"] != 100.0 {
				t.Errorf("%s: %v, at least %v %% healthy", name, breaker, service["deployment_minimum_healthy_percent"])
			}
		}
	})
}

// The load balancer asks the one route that needs no token and touches no dependency.
func TestTheHealthCheckIsTheContracts(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		check, _ := stack.Resource(t, "aws_lb_target_group.api_gateway")["health_check"].(map[string]any)
		if check["path"] != contract.HealthPath || check["matcher"] != "200" {
			t.Errorf("the load balancer asks %v for %v", check["path"], check["matcher"])
		}
	})
}

func names(variables []contract.Variable, source contract.Source) (names []string) {
	for _, v := range variables {
		if v.Source == source {
			names = append(names, v.Name)
		}
	}
	return names
}

func wantSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s is %q, want %q", what, got, want)
	}
}

func first(t *testing.T, list any) synthtest.Block {
	t.Helper()
	items, _ := list.([]any)
	if len(items) == 0 {
		t.Fatalf("want a list of blocks, got %v", list)
	}
	block, _ := items[0].(map[string]any)
	return block
}
