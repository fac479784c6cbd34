package constructs

import (
	"maps"
	"slices"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchdashboard"

	"github.com/agentteam/agentteam/contract"
)

// graph is one picture of the dashboard.
type graph struct {
	title  string
	series []series
}

// dashboard is one page, from what users notice down to what it stands on.
func dashboard(in Scope) {
	declare(in, "main", cloudwatchdashboard.NewCloudwatchDashboard, &cloudwatchdashboard.CloudwatchDashboardConfig{
		Count:         X("var.dashboard ? 1 : 0").Num(),
		DashboardName: X("local.prefix").Str(),
		DashboardBody: jsonencode(map[string]any{"widgets": widgets()}),
	})
}

func graphs() []graph {
	gateway, engine := contract.APIGateway(), contract.WorkflowEngine()
	return []graph{
		{"Requests a minute", []series{balancer("RequestCount", "Sum")}},
		{"Errors a minute", []series{
			balancer("HTTPCode_Target_5XX_Count", "Sum"), balancer("HTTPCode_ELB_5XX_Count", "Sum"), balancer("HTTPCode_Target_4XX_Count", "Sum"),
			own(loggedErrors(gateway), "Sum"), own(loggedErrors(engine), "Sum"),
		}},
		{"Seconds to the answer", []series{target("TargetResponseTime", "p50"), target("TargetResponseTime", "p99")}},
		{"Tasks of the services", []series{task(insightsNamespace, "RunningTaskCount", gateway), task(insightsNamespace, "RunningTaskCount", engine)}},
		{"CPU and memory of the services, percent", []series{
			task(ecsNamespace, "CPUUtilization", gateway), task(ecsNamespace, "CPUUtilization", engine),
			task(ecsNamespace, "MemoryUtilization", gateway), task(ecsNamespace, "MemoryUtilization", engine),
		}},
		{"Runs by state", owns("Maximum", "RunsQueued", "RunsRunning", "RunsPaused")},
		{"Runs that ended, a minute", owns("Sum", "RunsCompleted", "RunsFailed", "RunsCanceled", "RunsBudgetExhausted")},
		{"Work of the engines", owns("Maximum", "TasksQueued", "TasksInFlight", contract.TasksPerEngine, "Engines")},
		{"Cost of models, US dollars a minute", owns("Sum", contract.ModelCost)},
		{"Calls to models a minute", owns("Sum", "ModelCalls")},
		{"PostgreSQL: CPU percent and connections", []series{postgres("CPUUtilization", "Average"), postgres("DatabaseConnections", "Maximum")}},
		{"PostgreSQL: free storage, bytes", []series{postgres("FreeStorageSpace", "Minimum")}},
		{"Redis: memory percent and evictions", []series{redis("DatabaseMemoryUsagePercentage", "Maximum", "001"), redis("Evictions", "Sum", "001")}},
	}
}

func owns(statistic string, metrics ...string) []series {
	all := make([]series, len(metrics))
	for i, metric := range metrics {
		all[i] = own(metric, statistic)
	}
	return all
}

// widgets places three graphs in a row.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func widgets() []map[string]any {
	const width, height, perRow = 8, 6, 3 // of a grid 24 wide
	placed := make([]map[string]any, 0, len(graphs()))
	for i, g := range graphs() {
		placed = append(placed, map[string]any{
			"type": "metric", "width": width, "height": height, "x": i % perRow * width, "y": i / perRow * height,
			"properties": map[string]any{"title": g.title, "region": "${var.aws_region}", "view": "timeSeries", "period": 60, "metrics": g.metrics()},
		})
	}
	return placed
}

// metrics are the series in the dashboard's form: namespace, name, dimensions one after the other, options.
func (g graph) metrics() [][]any {
	rows := make([][]any, len(g.series))
	for i, s := range g.series {
		row := []any{s.namespace, s.metric}
		for _, dimension := range slices.Sorted(maps.Keys(s.dimensions)) {
			row = append(row, dimension, s.dimensions[dimension])
		}
		rows[i] = append(row, map[string]any{"stat": s.statistic})
	}
	return rows
}
