package constructs

import (
	"cmp"
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"

	"github.com/agentteam/agentteam/contract"
)

// alarm is one line of what operators are told.
type alarm struct {
	name       string
	level      int // 1: few, 2: all
	why        string
	series     []series // m1, m2, … in the expression
	expression string   // empty: the one series
	comparison string
	threshold  X
	times      int // in a row
	period     int // seconds; 0: 60
	count      X   // how many of them, where the alarm is there at all; empty: one
}

const (
	few = 1
	all = 2

	above = "GreaterThanThreshold"
	below = "LessThanThreshold"
)

// alarms are all there are. What a level leaves out costs nothing.
func alarms() []alarm { return append(fewAlarms(), otherAlarms()...) }

// fewAlarms are about what users notice, or soon would.
func fewAlarms() []alarm {
	return []alarm{
		{name: "gateway_errors", level: few, why: "Too many requests fail.", comparison: above, threshold: "var.alarm_error_percent", times: 3,
			series: []series{balancer("RequestCount", "Sum"), balancer("HTTPCode_Target_5XX_Count", "Sum"), balancer("HTTPCode_ELB_5XX_Count", "Sum")},
			// A handful of requests has no rate worth waking somebody.
			expression: "IF(m1 >= 10, 100 * (FILL(m2, 0) + FILL(m3, 0)) / m1, 0)"},
		{name: "unhealthy_hosts", level: few, why: "A gateway task does not answer its health check.", comparison: above, threshold: "0", times: 5,
			series: []series{target("UnHealthyHostCount", "Maximum")}},
		tasksMissing("gateway_tasks_missing", contract.APIGateway()),
		tasksMissing("engine_tasks_missing", contract.WorkflowEngine()),
		{name: "database_storage", level: few, why: "PostgreSQL stops when its storage is full.", comparison: below,
			threshold: "var.alarm_db_free_storage_gib * 1024 * 1024 * 1024", times: 5, series: []series{postgres("FreeStorageSpace", "Minimum")}},
	}
}

// otherAlarms are early signs, and what only an operator of production wants to know at night.
func otherAlarms() []alarm {
	gateway, engine := contract.APIGateway(), contract.WorkflowEngine()
	const node, nodes = `${format("%03d", count.index + 1)}`, X("1 + var.cache_replicas")
	return []alarm{
		{name: "gateway_latency", level: all, why: "One request of a hundred waits too long for its answer.", comparison: above,
			threshold: "var.alarm_latency_seconds", times: 5, series: []series{target("TargetResponseTime", "p99")}},
		{name: "engine_errors", level: all, why: "The engine logs errors.", comparison: above, threshold: "0", times: 3,
			series: []series{own(loggedErrors(engine), "Sum")}},
		{name: "gateway_cpu", level: all, why: "The gateway has too little CPU.", comparison: above, threshold: "var.alarm_cpu_percent", times: 10,
			series: []series{task(ecsNamespace, "CPUUtilization", gateway)}},
		{name: "engine_cpu", level: all, why: "The engine has too little CPU.", comparison: above, threshold: "var.alarm_cpu_percent", times: 10,
			series: []series{task(ecsNamespace, "CPUUtilization", engine)}},
		{name: "gateway_memory", level: all, why: "The gateway is killed when its memory is full.", comparison: above, threshold: "var.alarm_memory_percent", times: 5,
			series: []series{task(ecsNamespace, "MemoryUtilization", gateway)}},
		{name: "engine_memory", level: all, why: "The engine is killed when its memory is full.", comparison: above, threshold: "var.alarm_memory_percent", times: 5,
			series: []series{task(ecsNamespace, "MemoryUtilization", engine)}},
		{name: "database_cpu", level: all, why: "PostgreSQL has too little CPU.", comparison: above, threshold: "var.alarm_cpu_percent", times: 10,
			series: []series{postgres("CPUUtilization", "Average")}},
		{name: "database_connections", level: all, why: "PostgreSQL refuses connections above its maximum.", comparison: above, threshold: "var.alarm_db_connections", times: 5,
			series: []series{postgres("DatabaseConnections", "Maximum")}},
		{name: "cache_memory", level: all, why: "Redis evicts keys when its memory is full.", comparison: above, threshold: "var.alarm_memory_percent", times: 5,
			series: []series{redis("DatabaseMemoryUsagePercentage", "Maximum", node)}, count: nodes},
		{name: "cache_evictions", level: all, why: "Redis evicts keys: rate limits and cached keys are forgotten early.", comparison: above, threshold: "var.alarm_cache_evictions",
			times: 5, series: []series{redis("Evictions", "Sum", node)}, count: nodes},
		{name: "model_cost", level: all, why: "Models cost more than expected.", comparison: above, threshold: "var.alarm_model_cost_usd", times: 1, period: 3600,
			series: []series{own(contract.ModelCost, "Sum")}},
	}
}

func tasksMissing(name string, service contract.Service) alarm {
	return alarm{name: name, level: few, why: "Fewer tasks of " + service.Name + " run than should.", comparison: above, threshold: "0", times: 10,
		series:     []series{task(insightsNamespace, "DesiredTaskCount", service), task(insightsNamespace, "RunningTaskCount", service)},
		expression: "m1 - m2"}
}

func (a alarm) declare(in Scope, topic *string) {
	declare(in, a.name, cloudwatchmetricalarm.NewCloudwatchMetricAlarm, &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
		Count:              X(fmt.Sprintf("local.alarm_level >= %d ? %s : 0", a.level, cmp.Or(a.count, "1"))).Num(),
		AlarmName:          a.alarmName(),
		AlarmDescription:   &a.why,
		ComparisonOperator: &a.comparison,
		Threshold:          a.threshold.Num(),
		EvaluationPeriods:  new(float64(a.times)),
		MetricQuery:        a.queries(),
		// Without traffic there are no values, and nothing is wrong.
		TreatMissingData: new("notBreaching"),
		AlarmActions:     &[]*string{topic},
		OkActions:        &[]*string{topic},
	})
}

// alarmName carries the node's number where there is an alarm for each.
func (a alarm) alarmName() *string {
	if a.count != "" {
		return nameWithin(hyphenated(a.name)+"-${count.index + 1}", operationsNameLimit)
	}
	return nameWithin(hyphenated(a.name), operationsNameLimit)
}

// queries are the series, and the expression over them if there is one. The last of all is what the alarm looks at.
func (a alarm) queries() []*cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery {
	queries := make([]*cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery, 0, len(a.series)+1)
	for i, s := range a.series {
		queries = append(queries, &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{
			Id: text("m%d", i+1), ReturnData: a.expression == "",
			Metric: &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQueryMetric{
				Namespace: &s.namespace, MetricName: &s.metric, Stat: &s.statistic, Period: new(float64(cmp.Or(a.period, 60))), Dimensions: pointers(s.dimensions),
			},
		})
	}
	if a.expression != "" {
		queries = append(queries, &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{
			Id: new("watched"), Label: &a.why, Expression: &a.expression, ReturnData: true,
		})
	}
	return queries
}

func pointers(values map[string]string) *map[string]*string {
	converted := map[string]*string{}
	for name, value := range values {
		converted[name] = &value
	}
	return &converted
}
