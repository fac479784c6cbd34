package cost

import (
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// alarm: each metric that it looks at is billed. An expression is not.
func alarm(b *bill, r *tfjson.StateResource) {
	metrics := 0.0
	queries, _ := r.AttributeValues["metric_query"].([]any)
	for _, each := range queries {
		query, _ := each.(map[string]any)
		if metric, _ := query["metric"].([]any); len(metric) > 0 {
			metrics++
		}
	}
	b.add(allOf(r), "metrics that alarms look at", "alarm", max(1, metrics), "")
}

// scalingPolicy: target tracking makes two alarms, one for too much and one for too little.
// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
func scalingPolicy(b *bill, r *tfjson.StateResource) {
	b.add(allOf(r), "metrics that alarms look at", "alarm", 2, "")
}

// metricFilter: the filter is free, the metric that it makes is not.
func metricFilter(b *bill, r *tfjson.StateResource) {
	b.add(allOf(r), "metrics of log lines", "metric", 1, "")
}

// allOf stands for all resources of a type, of which there are dozens: they are one line.
func allOf(r *tfjson.StateResource) *tfjson.StateResource {
	return &tfjson.StateResource{Type: r.Type, Address: r.Type + ".*"}
}

func logGroup(b *bill, r *tfjson.StateResource) {
	written := logGB
	for _, log := range b.plan.of("aws_flow_log") {
		if slices.Contains(b.plan.named(log, "log_destination"), r) {
			written = flowLogGB
		}
	}
	b.add(r, "logs written", "logs.in", written, assumed)
	b.add(r, "logs kept", "logs.kept", written, assumed)
}
