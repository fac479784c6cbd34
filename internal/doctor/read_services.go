package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/agentteam/agentteam/contract"
)

func (r *reader) cluster() string { return r.prefix + "-cluster" }

// readServices reads both services and why their last tasks stopped. Without a cluster there is nothing deployed.
func (r *reader) readServices(ctx context.Context) error {
	names := []string{r.prefix + "-" + contract.APIGateway().Name, r.prefix + "-" + contract.WorkflowEngine().Name}
	answer, err := r.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: new(r.cluster()), Services: names})
	if _, missing := errors.AsType[*types.ClusterNotFoundException](err); missing {
		answer, err = &ecs.DescribeServicesOutput{}, nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		at := slices.IndexFunc(answer.Services, func(s types.Service) bool { return *s.ServiceName == name && aws.ToString(s.Status) != "INACTIVE" })
		if at < 0 {
			r.facts.Services = append(r.facts.Services, Service{Name: name, Missing: true})
			continue
		}
		service := r.service(answer.Services[at])
		if service.Stopped, err = r.stopped(ctx, answer.Services[at]); err != nil {
			return err
		}
		r.facts.Services = append(r.facts.Services, service)
	}
	return nil
}

func (r *reader) service(s types.Service) Service {
	for _, balancer := range s.LoadBalancers {
		r.targetGroups = append(r.targetGroups, aws.ToString(balancer.TargetGroupArn))
	}
	service := Service{
		Name: *s.ServiceName, Desired: int(s.DesiredCount), Running: int(s.RunningCount),
		Revision: family(aws.ToString(s.TaskDefinition)), Events: latest(events(s.Events)),
	}
	for _, deployment := range s.Deployments {
		if deployment.RolloutState == types.DeploymentRolloutStateFailed {
			service.Failed = aws.ToString(deployment.RolloutStateReason)
		}
	}
	return service
}

// stopped gives the reasons of the service's stopped tasks, which ECS keeps for an hour.
func (r *reader) stopped(ctx context.Context, s types.Service) ([]string, error) {
	listed, err := r.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: new(r.cluster()), ServiceName: s.ServiceName, DesiredStatus: types.DesiredStatusStopped})
	if err != nil || len(listed.TaskArns) == 0 {
		return nil, err
	}
	described, err := r.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: new(r.cluster()), Tasks: listed.TaskArns})
	if err != nil {
		return nil, err
	}
	tasks := slices.DeleteFunc(described.Tasks, func(t types.Task) bool {
		return aws.ToString(t.Group) != "service:"+aws.ToString(s.ServiceName) // the emulator lists those of others too
	})
	slices.SortFunc(tasks, func(a, b types.Task) int { return aws.ToTime(b.StoppedAt).Compare(aws.ToTime(a.StoppedAt)) })
	var reasons []string
	for _, task := range tasks {
		reasons = append(reasons, aws.ToString(task.StoppedReason))
		for _, container := range task.Containers {
			reasons = append(reasons, aws.ToString(container.Reason))
		}
	}
	return latest(reasons), nil
}

// events are the service's messages within Window but for the ones that say that all is well.
func events(all []types.ServiceEvent) (messages []string) {
	since := time.Now().Add(-Window)
	for _, e := range all {
		if message := aws.ToString(e.Message); aws.ToTime(e.CreatedAt).After(since) && !strings.Contains(message, "steady state") {
			messages = append(messages, message)
		}
	}
	return messages
}

// family is the name and revision in a task definition's ARN.
func family(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
