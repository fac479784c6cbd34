package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// reader asks the AWS services, one file for each kind of answer.
type reader struct {
	prefix string
	facts  *Facts

	ecs     *ecs.Client
	elb     *elb.Client
	rds     *rds.Client
	cache   *elasticache.Client
	ssm     *ssm.Client
	metrics *cloudwatch.Client
	logs    *cloudwatchlogs.Client

	targetGroups []string // ARNs, as the services name them
}

// Read asks AWS for the state of a project's environment. What AWS refuses is in the error, by
// part; the rest was read.
func Read(ctx context.Context, configuration aws.Config, project, environment string) (*Facts, error) {
	prefix := project + "-" + environment
	r := &reader{
		prefix: prefix, facts: &Facts{Environment: environment, Prefix: prefix},
		ecs: ecs.NewFromConfig(configuration), elb: elb.NewFromConfig(configuration), rds: rds.NewFromConfig(configuration),
		cache: elasticache.NewFromConfig(configuration), ssm: ssm.NewFromConfig(configuration),
		metrics: cloudwatch.NewFromConfig(configuration), logs: cloudwatchlogs.NewFromConfig(configuration),
	}
	parts := []struct {
		name string
		read func(context.Context) error
	}{
		{"ECS services", r.readServices}, {"load balancer targets", r.readTargets}, {"API errors", r.readAnswers},
		{"logs", r.readErrors}, {"PostgreSQL", r.readDatabase}, {"Redis", r.readCache},
		{"SSM parameters", r.readParameters}, {"alarms", r.readAlarms},
	}
	var problems []error
	for _, part := range parts {
		if err := part.read(ctx); err != nil {
			problems = append(problems, fmt.Errorf("read %s: %w", part.name, err))
		}
	}
	return r.facts, errors.Join(problems...)
}

// messagesMost is how many of AWS's messages are read of each service.
const messagesMost = 10

// latest gives the messages once each, in their order, and no more than are of use.
func latest(messages []string) []string {
	var found []string
	for _, message := range messages {
		if message != "" && !slices.Contains(found, message) && len(found) < messagesMost {
			found = append(found, message)
		}
	}
	return found
}
