package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecscluster"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsclustercapacityproviders"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsservice"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/contract"
)

// ECSProps are what the services run in, talk to and are configured with.
type ECSProps struct {
	VPC              *VPC
	SecurityGroups   *SecurityGroups
	LoadBalancer     *LoadBalancer
	ServiceDiscovery *ServiceDiscovery
	Registries       *Registries
	Cache            *Cache
	Secrets          *Secrets
}

// ECS is the two services.
type ECS struct {
	APIGatewayName, WorkflowEngineName *string
}

// NewECS declares the cluster and the two services on Fargate, in private subnets, without public
// addresses.
//
//	log group ── cluster ── capacity providers
//	execution role, task role ── task definition ── service ── target group, DNS name   (for each service)
func NewECS(in Scope, p ECSProps) *ECS {
	logs := declare(in, "ecs", cloudwatchloggroup.NewCloudwatchLogGroup, &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Name:            text("/ecs/${local.prefix}"),
		RetentionInDays: X("var.log_retention_days").Num(),
	})
	c := cluster{logs: logs}
	c.declare(in)
	c.executionRoleARN = executionRole(in, logs.Arn(), p.Registries)

	poolSize(in)
	gateway := c.service(in, p, apiGatewayWorkload(p))
	gateway.LoadBalancer = []*ecsservice.EcsServiceLoadBalancer{{
		TargetGroupArn: p.LoadBalancer.TargetGroupARN,
		ContainerName:  new(contract.APIGateway().Name),
		ContainerPort:  new(float64(contract.APIGateway().Port)),
	}}
	gateway.HealthCheckGracePeriodSeconds = new(60.0)
	// ECS refuses a target group that no listener leads to.
	gateway.DependsOn = &[]cdktf.ITerraformDependable{c.providers, p.LoadBalancer.Listener}
	running := &ECS{APIGatewayName: declareService(in, "api_gateway", gateway, "gateway_errors")}

	engine := c.service(in, p, workflowEngineWorkload(in, p))
	engine.DependsOn = &[]cdktf.ITerraformDependable{c.providers}
	running.WorkflowEngineName = declareService(in, "workflow_engine", engine, "engine_errors")
	return running
}

// declareService declares a service whose deployments are rolled back by an alarm, where all alarms are there.
func declareService(in Scope, called string, config *ecsservice.EcsServiceConfig, alarm string) (serviceName *string) {
	service := declare(in, called, ecsservice.NewEcsService, config)
	service.AddOverride(new("dynamic.alarms"), map[string]any{
		"for_each": "${local.alarm_level >= 2 ? [aws_cloudwatch_metric_alarm." + alarm + "[*].alarm_name] : []}",
		"content":  map[string]any{"enable": true, "rollback": true, "alarm_names": "${alarms.value}"},
	})
	return service.Name()
}

// cluster is what both services share.
type cluster struct {
	id, executionRoleARN *string
	logs                 cloudwatchloggroup.CloudwatchLogGroup
	providers            cdktf.ITerraformDependable
}

func (c *cluster) declare(in Scope) {
	main := declare(in, "main", ecscluster.NewEcsCluster, &ecscluster.EcsClusterConfig{
		Name:    name("cluster"),
		Setting: []*ecscluster.EcsClusterSetting{{Name: new("containerInsights"), Value: new("enabled")}},
		Configuration: &ecscluster.EcsClusterConfiguration{
			ExecuteCommandConfiguration: &ecscluster.EcsClusterConfigurationExecuteCommandConfiguration{
				Logging: new("OVERRIDE"),
				LogConfiguration: &ecscluster.EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration{
					CloudWatchLogGroupName: c.logs.Name(),
				},
			},
		},
	})
	c.id = main.Id()
	c.providers = declare(in, "main", ecsclustercapacityproviders.NewEcsClusterCapacityProviders,
		&ecsclustercapacityproviders.EcsClusterCapacityProvidersConfig{
			ClusterName:       main.Name(),
			CapacityProviders: texts("FARGATE", "FARGATE_SPOT"),
		})
}

// service is the service of a workload, as far as the two are alike.
func (c *cluster) service(in Scope, p ECSProps, w workload) *ecsservice.EcsServiceConfig {
	return &ecsservice.EcsServiceConfig{
		Name:                     name(w.service.Name),
		Cluster:                  c.id,
		TaskDefinition:           taskDefinition(in, c, w),
		DesiredCount:             X("var.desired_count").Num(),
		CapacityProviderStrategy: capacity(),
		// A changed strategy then rolls the tasks; without this, the provider replaces the whole service.
		ForceNewDeployment: true,
		NetworkConfiguration: &ecsservice.EcsServiceNetworkConfiguration{
			Subnets:        p.VPC.PrivateSubnetIDs.List(),
			SecurityGroups: &[]*string{p.SecurityGroups.ECSTasks.ID},
			AssignPublicIp: false,
		},
		ServiceRegistries: &ecsservice.EcsServiceServiceRegistries{RegistryArn: w.registryARN},
		// New tasks are healthy before old ones go, and a deployment that fails rolls back by itself.
		DeploymentMinimumHealthyPercent: new(100.0),
		DeploymentMaximumPercent:        new(200.0),
		DeploymentCircuitBreaker:        &ecsservice.EcsServiceDeploymentCircuitBreaker{Enable: true, Rollback: true},
		EnableExecuteCommand:            X("var.enable_execute_command").Any(),
		EnableEcsManagedTags:            true,
		PropagateTags:                   new("SERVICE"),
		// The number is autoscaling's from the first task on: an apply must not take away what the load asked for.
		Lifecycle: &cdktf.TerraformResourceLifecycle{IgnoreChanges: texts("desired_count")},
	}
}

// capacity splits the tasks: the first var.fargate_base run on demand, the rest by weight.
func capacity() []*ecsservice.EcsServiceCapacityProviderStrategy {
	return []*ecsservice.EcsServiceCapacityProviderStrategy{
		{CapacityProvider: new("FARGATE"), Base: X("var.fargate_base").Num(), Weight: X("100 - var.fargate_spot_weight").Num()},
		{CapacityProvider: new("FARGATE_SPOT"), Weight: X("var.fargate_spot_weight").Num()},
	}
}
