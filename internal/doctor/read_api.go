package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func (r *reader) readTargets(ctx context.Context) error {
	for _, group := range r.targetGroups {
		answer, err := r.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
		if err != nil {
			return err
		}
		for _, d := range answer.TargetHealthDescriptions {
			r.facts.Targets = append(r.facts.Targets, Target{
				Address: fmt.Sprintf("%s:%d", aws.ToString(d.Target.Id), aws.ToInt32(d.Target.Port)),
				State:   string(d.TargetHealth.State), Reason: string(d.TargetHealth.Reason), Description: aws.ToString(d.TargetHealth.Description),
			})
		}
	}
	return nil
}

// readAnswers sums the load balancer's counts of 5xx.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func (r *reader) readAnswers(ctx context.Context) error {
	for _, group := range r.targetGroups {
		answer, err := r.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})
		if err != nil {
			return err
		}
		for _, found := range answer.TargetGroups {
			for _, balancer := range found.LoadBalancerArns {
				own, err := r.sum(ctx, "HTTPCode_ELB_5XX_Count", balancer)
				if err != nil {
					return err
				}
				services, err := r.sum(ctx, "HTTPCode_Target_5XX_Count", balancer)
				if err != nil {
					return err
				}
				r.facts.Answers.Balancer += own
				r.facts.Answers.Services += services
			}
		}
	}
	return nil
}

func (r *reader) sum(ctx context.Context, metric, balancerARN string) (total int, err error) {
	_, name, _ := strings.Cut(balancerARN, ":loadbalancer/")
	answer, err := r.metrics.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: new("AWS/ApplicationELB"), MetricName: &metric,
		Dimensions: []metrics.Dimension{{Name: new("LoadBalancer"), Value: &name}},
		StartTime:  new(time.Now().Add(-Window)), EndTime: new(time.Now().Add(time.Minute)), Period: new(int32(60)),
		Statistics: []metrics.Statistic{metrics.StatisticSum},
	})
	if err != nil {
		return 0, err
	}
	for _, point := range answer.Datapoints {
		total += int(aws.ToFloat64(point.Sum))
	}
	return total, nil
}

// readErrors reads what the services logged as errors and warnings, the latest first.
func (r *reader) readErrors(ctx context.Context) error {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(r.logs, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: new("/ecs/" + r.prefix), StartTime: new(time.Now().Add(-Window).UnixMilli()),
		FilterPattern: new(`{ $.level = "ERROR" || $.level = "WARN" }`),
	})
	var lines []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if _, missing := errors.AsType[*logs.ResourceNotFoundException](err); missing {
			return nil // nothing is deployed, which the services' part says
		}
		if err != nil {
			return err
		}
		for _, event := range page.Events {
			if severe(aws.ToString(event.Message)) {
				lines = append(lines, aws.ToString(event.Message))
			}
		}
		lines = lines[max(0, len(lines)-messagesMost):]
	}
	slices.Reverse(lines)
	r.facts.Errors = lines
	return nil
}

func severe(line string) bool {
	var record struct{ Level string }
	return json.Unmarshal([]byte(line), &record) == nil && (record.Level == "ERROR" || record.Level == "WARN")
}

func (r *reader) readAlarms(ctx context.Context) error {
	pages := cloudwatch.NewDescribeAlarmsPaginator(r.metrics, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: new(r.prefix + "-"), StateValue: metrics.StateValueAlarm,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, alarm := range page.MetricAlarms {
			r.facts.Alarms = append(r.facts.Alarms, Alarm{Name: aws.ToString(alarm.AlarmName), Reason: aws.ToString(alarm.StateReason)})
		}
	}
	return nil
}
