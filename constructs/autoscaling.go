package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingscheduledaction"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingtarget"

	"github.com/agentteam/agentteam/contract"
)

// NewAutoscaling declares how many tasks of each service run: from var.desired_count to var.max_count, by their load, and
// none at night where there are nights. It owns the number alone: the services ignore theirs after they are made.
//
//	target (the bounds) ── policies (what the number follows)
//	                    └─ scheduled actions (other bounds, night and morning)
func NewAutoscaling(in Scope, ecs *ECS) {
	local(in, "most_tasks", "max(var.desired_count, var.max_count)")
	gateway := scalable(in, "api_gateway", ecs.APIGatewayName)
	gateway.follow(in, "cpu", "var.scale_cpu_percent", predefined("ECSServiceAverageCPUUtilization", ""))
	gateway.follow(in, "memory", "var.scale_memory_percent", predefined("ECSServiceAverageMemoryUtilization", ""))
	gateway.follow(in, "requests", "var.scale_requests_per_task", predefined("ALBRequestCountPerTarget",
		"${aws_lb.main.arn_suffix}/${aws_lb_target_group.api_gateway.arn_suffix}"))

	engine := scalable(in, "workflow_engine", ecs.WorkflowEngineName)
	engine.follow(in, "cpu", "var.scale_cpu_percent", predefined("ECSServiceAverageCPUUtilization", ""))
	engine.follow(in, "memory", "var.scale_memory_percent", predefined("ECSServiceAverageMemoryUtilization", ""))
	engine.follow(in, "tasks", "var.scale_tasks_per_engine", published(contract.TasksPerEngine))
}

// scaled is a service whose number of tasks changes.
type scaled struct {
	name                             string // in Terraform addresses
	namespace, resourceID, dimension *string
}

func scalable(in Scope, called string, service *string) scaled {
	target := declare(in, called, appautoscalingtarget.NewAppautoscalingTarget, &appautoscalingtarget.AppautoscalingTargetConfig{
		ServiceNamespace:  new("ecs"),
		ResourceId:        text("service/${aws_ecs_cluster.main.name}/%s", *service),
		ScalableDimension: new("ecs:service:DesiredCount"),
		MinCapacity:       X("var.desired_count").Num(),
		MaxCapacity:       X("local.most_tasks").Num(),
	})
	s := scaled{name: called, namespace: target.ServiceNamespace(), resourceID: target.ResourceId(), dimension: target.ScalableDimension()}
	s.bounds(in, "night", "var.night_begins", "0", "0")
	s.bounds(in, "morning", "var.night_ends", "var.desired_count", "local.most_tasks")
	return s
}

// bounds change at a time of the day.
func (s scaled) bounds(in Scope, when string, schedule, least, most X) {
	declare(in, s.name+"_"+when, appautoscalingscheduledaction.NewAppautoscalingScheduledAction,
		&appautoscalingscheduledaction.AppautoscalingScheduledActionConfig{
			Count:             X(`var.night_begins != "" ? 1 : 0`).Num(),
			Name:              nameWithin(hyphenated(s.name)+"-"+when, operationsNameLimit),
			ServiceNamespace:  s.namespace,
			ResourceId:        s.resourceID,
			ScalableDimension: s.dimension,
			Schedule:          schedule.Str(),
			Timezone:          X("var.night_timezone").Str(),
			ScalableTargetAction: &appautoscalingscheduledaction.AppautoscalingScheduledActionScalableTargetAction{
				MinCapacity: least.Str(), MaxCapacity: most.Str(),
			},
		})
}

type tracking = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration

// follow keeps a metric near its target. The metric must fall as tasks are added. Out is quick; in waits, since a service
// that drains tasks to start them again serves nobody.
func (s scaled) follow(in Scope, what string, target X, by *tracking) {
	by.TargetValue, by.ScaleOutCooldown, by.ScaleInCooldown = target.Num(), new(60.0), new(300.0)
	declare(in, s.name+"_"+what, appautoscalingpolicy.NewAppautoscalingPolicy, &appautoscalingpolicy.AppautoscalingPolicyConfig{
		Count:                                    X("local.most_tasks > var.desired_count ? 1 : 0").Num(),
		Name:                                     nameWithin(hyphenated(s.name)+"-"+what, operationsNameLimit),
		PolicyType:                               new("TargetTrackingScaling"),
		ServiceNamespace:                         s.namespace,
		ResourceId:                               s.resourceID,
		ScalableDimension:                        s.dimension,
		TargetTrackingScalingPolicyConfiguration: by,
	})
}

func predefined(metric, resource string) *tracking {
	specification := &appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification{PredefinedMetricType: &metric}
	if resource != "" {
		specification.ResourceLabel = &resource
	}
	return &tracking{PredefinedMetricSpecification: specification}
}

// published is a metric of our own.
func published(metric string) *tracking {
	return &tracking{CustomizedMetricSpecification: &appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification{
		Namespace: new(ownNamespace), MetricName: &metric, Statistic: new("Average"),
	}}
}
