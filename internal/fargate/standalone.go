package fargate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/agentteam/agentteam/internal/process"
)

// Standalone is a task of no service, which somebody started by RunTask: it runs until its program ends.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/standalone-tasks.html
type Standalone struct {
	Cluster, ARN string
	Definition   string   // ARN of the task definition
	Command      []string // instead of the definition's, where there is any
	Unsupported  string   // what cannot be run here; empty: nothing
}

// ID is the last part of the ARN, which its log stream is named after.
func (s Standalone) ID() string { return s.ARN[strings.LastIndex(s.ARN, "/")+1:] }

// Standalone are the tasks of no service that are to run in a cluster.
func (r *Reader) Standalone(ctx context.Context, cluster string) ([]Standalone, error) {
	listed, err := r.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, DesiredStatus: types.DesiredStatusRunning})
	if err != nil || len(listed.TaskArns) == 0 {
		return nil, err
	}
	described, err := r.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: listed.TaskArns})
	if err != nil {
		return nil, err
	}
	var all []Standalone
	for i := range described.Tasks {
		if !strings.HasPrefix(aws.ToString(described.Tasks[i].Group), "service:") {
			all = append(all, standalone(&described.Tasks[i]))
		}
	}
	return all, nil
}

// standalone takes from a task what matters for running it.
func standalone(from *types.Task) Standalone {
	s := Standalone{Cluster: aws.ToString(from.ClusterArn), ARN: aws.ToString(from.TaskArn), Definition: aws.ToString(from.TaskDefinitionArn)}
	if o := from.Overrides; o != nil {
		s.Unsupported = unsupported(o)
		for i := range o.ContainerOverrides {
			s.Command = o.ContainerOverrides[i].Command
		}
	}
	return s
}

// unsupported says which overrides cannot be run here: without them it would be another task.
func unsupported(o *types.TaskOverride) string {
	if o.Cpu != nil || o.Memory != nil || o.TaskRoleArn != nil || o.ExecutionRoleArn != nil || len(o.ContainerOverrides) > 1 {
		return "overrides other than one container's command"
	}
	if slices.ContainsFunc(o.ContainerOverrides, beyondCommand) {
		return "overrides other than the command"
	}
	return ""
}

func beyondCommand(c types.ContainerOverride) bool {
	return len(c.Environment)+len(c.EnvironmentFiles)+len(c.ResourceRequirements) > 0 || c.Cpu != nil || c.Memory != nil || c.MemoryReservation != nil
}

// RunStandalone starts those that do not run yet, and ends those that are not among them any more. It does not wait for them.
func (a *Agent) RunStandalone(tasks []Standalone) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range tasks {
		if a.standalone[s.ARN] == nil {
			ctx, cancel := context.WithCancel(a.draining)
			a.standalone[s.ARN] = cancel
			a.lives.Go(func() { a.runStandalone(ctx, s) })
		}
	}
	for arn, cancel := range a.standalone {
		if !slices.ContainsFunc(tasks, func(s Standalone) bool { return s.ARN == arn }) {
			cancel()
		}
	}
}

// runStandalone runs one to its end, delivers its log and says that it has stopped.
func (a *Agent) runStandalone(ctx context.Context, s Standalone) {
	reason := "Essential container in task exited"
	if err := a.liveStandalone(ctx, s); err != nil {
		reason = err.Error()
	}
	told, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLimit)
	defer cancel()
	if err := a.reporter.stopped(told, s, reason); err != nil {
		a.complain(fmt.Errorf("the AWS API still shows the task %s, which has ended: %w", s.ARN, err))
	}
}

func (a *Agent) liveStandalone(ctx context.Context, s Standalone) error {
	if s.Unsupported != "" {
		return fmt.Errorf("this machine runs tasks without %s", s.Unsupported)
	}
	d, err := a.reader.Definition(ctx, s.Definition)
	if err != nil {
		return err
	}
	if len(s.Command) > 0 {
		d.Container.Command = s.Command
	}
	address, err := a.network.Address()
	if err != nil {
		return err
	}
	defer a.network.Release(address)
	var log process.Output
	code, err := a.machine.once(ctx, a.reader, d, address, &log, &log)
	told, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLimit)
	defer cancel()
	err = errors.Join(err, a.reporter.deliver(told, d.Container, s.ID(), linesOf(log.String())))
	if err == nil && code != 0 {
		err = fmt.Errorf("Essential container in task exited with status %d", code) //nolint:staticcheck // ECS's words
	}
	return err
}
