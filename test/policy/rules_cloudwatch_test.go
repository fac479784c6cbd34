//go:build live

package policy

func logRules() []rule {
	const group = "aws_cloudwatch_log_group"
	return []rule{
		{
			id: "CloudWatch.16", title: "CloudWatch log groups should be retained for a specified time period (of a year)",
			in: everyEnvironment(), kind: group, want: []property{atLeast("retention_in_days", 365, 364)},
		},
		{
			id: "SEC04-BP01", title: "Configure service and application logging: every log group says how long it keeps, a week at least",
			in: everyEnvironment(), kind: group, want: []property{atLeast("retention_in_days", 7, 0)},
		},
	}
}
