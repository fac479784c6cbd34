package constructs

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchlogmetricfilter"

	"github.com/agentteam/agentteam/contract"
)

// series is one metric of CloudWatch over time.
type series struct {
	namespace, metric, statistic string
	dimensions                   map[string]string // values are templates
}

// The namespaces of AWS's services.
const (
	albNamespace      = "AWS/ApplicationELB"
	ecsNamespace      = "AWS/ECS"
	insightsNamespace = "ECS/ContainerInsights"
	rdsNamespace      = "AWS/RDS"
	cacheNamespace    = "AWS/ElastiCache"
)

// ownNamespace holds what the services publish. It is the environment's, so these metrics need no dimension.
const ownNamespace = "${local.prefix}"

// loggedErrors is the metric of a service's log lines of severity ERROR.
func loggedErrors(service contract.Service) string { return "LoggedErrors-" + service.Name }

func balancer(metric, statistic string) series {
	return series{albNamespace, metric, statistic, map[string]string{"LoadBalancer": "${aws_lb.main.arn_suffix}"}}
}

func target(metric, statistic string) series {
	s := balancer(metric, statistic)
	s.dimensions["TargetGroup"] = "${aws_lb_target_group.api_gateway.arn_suffix}"
	return s
}

// task names the service by its text: the services' deployments refer to alarms, and alarms must not refer back.
func task(namespace, metric string, service contract.Service) series {
	return series{namespace, metric, "Average", map[string]string{
		"ClusterName": "${aws_ecs_cluster.main.name}", "ServiceName": *name(service.Name),
	}}
}

func postgres(metric, statistic string) series {
	return series{rdsNamespace, metric, statistic, map[string]string{"DBInstanceIdentifier": "${aws_db_instance.main.identifier}"}}
}

// redis is of one node: ElastiCache numbers them from 001 and has no metric of memory for the group.
func redis(metric, statistic, node string) series {
	return series{cacheNamespace, metric, statistic, map[string]string{
		"CacheClusterId": "${aws_elasticache_replication_group.main.id}-" + node,
	}}
}

func own(metric, statistic string) series { return series{ownNamespace, metric, statistic, nil} }

// metricFilters makes metrics of log lines. The one that the engine is scaled by is always there, the others where somebody
// looks: each costs as long as it has values.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func metricFilters(in Scope) {
	engine := contract.WorkflowEngine()
	for _, m := range contract.Metrics() {
		count := X("local.log_metrics ? 1 : 0")
		if m.Name == contract.TasksPerEngine {
			count = "1"
		}
		pattern := fmt.Sprintf(`{ ($.service = "%s") && ($.msg = "%s") }`, engine.Name, m.Message)
		metricFilter(in, m.Field, pattern, count, cloudwatchlogmetricfilter.CloudwatchLogMetricFilterMetricTransformation{Name: &m.Name, Value: new("$." + m.Field)})
	}
	for name, service := range map[string]contract.Service{"api_gateway": contract.APIGateway(), "workflow_engine": engine} {
		pattern := fmt.Sprintf(`{ ($.service = "%s") && ($.level = "ERROR") }`, service.Name)
		metricFilter(in, name+"_errors", pattern, "local.log_metrics ? 1 : 0", cloudwatchlogmetricfilter.CloudwatchLogMetricFilterMetricTransformation{
			Name: new(loggedErrors(service)), Value: new("1"), DefaultValue: new("0"),
		})
	}
}

func metricFilter(in Scope, called, pattern string, count X, to cloudwatchlogmetricfilter.CloudwatchLogMetricFilterMetricTransformation) {
	to.Namespace = new(ownNamespace)
	declare(in, called, cloudwatchlogmetricfilter.NewCloudwatchLogMetricFilter, &cloudwatchlogmetricfilter.CloudwatchLogMetricFilterConfig{
		Count:                count.Num(),
		Name:                 nameWithin(hyphenated(called), operationsNameLimit),
		LogGroupName:         X("aws_cloudwatch_log_group.ecs.name").Str(),
		Pattern:              &pattern,
		MetricTransformation: &to,
	})
}
