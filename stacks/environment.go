package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/constructs"
)

// NewEnvironment declares one environment's stack. It only composes: what a part is stands in the
// constructs file of its name.
func NewEnvironment(app cdktf.App, c Config) {
	in := constructs.Scope{Stack: cdktf.NewTerraformStack(app, &c.Variables.Environment)}

	constructs.NewMain(in, c.State.of(c.Variables.Environment))
	constructs.NewVariables(in, c.Variables)

	vpc := constructs.NewVPC(in)
	groups := constructs.NewSecurityGroups(in, vpc)
	constructs.NewEndpoints(in, vpc, groups)
	constructs.NewFlowLogs(in, vpc)
	balancer := constructs.NewLoadBalancer(in, constructs.LoadBalancerProps{
		VPC: vpc, SecurityGroups: groups, AccessLogs: constructs.NewAccessLogs(in),
	})
	constructs.NewFirewall(in, balancer)
	constructs.NewAPIGateway(in, constructs.APIGatewayProps{VPC: vpc, SecurityGroups: groups, LoadBalancer: balancer})

	secrets := constructs.NewSecrets(in)
	constructs.NewDatabase(in, constructs.DatabaseProps{VPC: vpc, SecurityGroups: groups, Secrets: secrets})
	cache := constructs.NewCache(in, constructs.CacheProps{VPC: vpc, SecurityGroups: groups})

	ecs := constructs.NewECS(in, constructs.ECSProps{
		VPC: vpc, SecurityGroups: groups, LoadBalancer: balancer,
		ServiceDiscovery: constructs.NewServiceDiscovery(in, vpc),
		Registries:       constructs.NewRegistries(in),
		Cache:            cache,
		Secrets:          secrets,
	})
	constructs.NewAutoscaling(in, ecs)
	constructs.NewMonitoring(in)
	constructs.NewOutputs(in)
}

// of is the state of one stack.
func (s State) of(stack string) constructs.MainProps {
	return constructs.MainProps{StateBucket: s.Bucket, StateRegion: s.Region, StateKey: stack + "/terraform.tfstate"}
}
