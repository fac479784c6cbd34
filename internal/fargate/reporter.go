package fargate

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

const reportLimit = 10 * time.Second

// Reporter tells the AWS API what became of a task.
type Reporter struct {
	ecs  *ecs.Client
	logs *cloudwatchlogs.Client
}

// NewReporter makes a reporter to the API that the configuration names.
func NewReporter(config aws.Config) *Reporter {
	return &Reporter{ecs: ecs.NewFromConfig(config), logs: cloudwatchlogs.NewFromConfig(config)}
}

// stopped shows the task as one that has ended.
func (r *Reporter) stopped(ctx context.Context, s Standalone, reason string) error {
	_, err := r.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: &s.Cluster, Task: &s.ARN, Reason: &reason})
	return err
}

// deliver writes a task's output to its log group, in a stream that is named as the awslogs driver names it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
func (r *Reporter) deliver(ctx context.Context, of Container, task string, lines []string) error {
	if of.LogGroup == "" || len(lines) == 0 {
		return nil
	}
	stream := of.LogPrefix + "/" + of.Name + "/" + task
	_, err := r.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &of.LogGroup, LogStreamName: &stream})
	if exists := (*logs.ResourceAlreadyExistsException)(nil); err != nil && !errors.As(err, &exists) {
		return err
	}
	events := make([]logs.InputLogEvent, len(lines))
	for i := range lines {
		events[i] = logs.InputLogEvent{Message: &lines[i], Timestamp: new(time.Now().UnixMilli())}
	}
	_, err = r.logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &of.LogGroup, LogStreamName: &stream, LogEvents: events})
	return err
}

// linesOf are the lines of an output that hold anything.
func linesOf(output string) (lines []string) {
	for line := range strings.Lines(output) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
