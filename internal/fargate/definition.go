package fargate

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Definition is a task definition: one container, and how to run it.
type Definition struct {
	ARN          string
	Family       string
	Revision     int
	Architecture string // that it was made for
	Memory       int    // MiB
	Container    Container
}

// Container is what one process runs with, in the words of ECS.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type Container struct {
	Name                   string
	Image                  string
	EntryPoint, Command    []string // instead of the image's own, where there are any
	User                   string
	WorkingDirectory       string
	ReadonlyRootFilesystem bool
	Environment            []Variable
	Secrets                []Secret
	Ports                  []int
	HealthCheck            *HealthCheck // nil: running is healthy
	StopTimeout            time.Duration
	LogGroup, LogPrefix    string
}

// Variable is one that anyone may read.
type Variable struct{ Name, Value string }

// Secret is a variable whose value stands elsewhere, under an ARN or a name.
type Secret struct{ Name, ValueFrom string }

// HealthCheck is a command that a container runs in itself.
type HealthCheck struct {
	Command                        []string
	Interval, Timeout, StartPeriod time.Duration
	Retries                        int
}

// What ECS takes where a task definition says nothing.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
const (
	defaultStopTimeout = 30 * time.Second
	defaultInterval    = 30 * time.Second
	defaultTimeout     = 5 * time.Second
	defaultRetries     = 3
)

// define takes from a task definition what is run, and refuses what cannot be: running it without would be another task.
func define(from *types.TaskDefinition) (Definition, error) {
	d := Definition{ARN: aws.ToString(from.TaskDefinitionArn), Family: aws.ToString(from.Family), Revision: int(from.Revision)}
	if from.RuntimePlatform != nil {
		d.Architecture = string(from.RuntimePlatform.CpuArchitecture)
	}
	if len(from.ContainerDefinitions) != 1 || len(from.Volumes) > 0 {
		return d, fmt.Errorf("%s has %d containers and %d volumes: this machine runs tasks of one container without volumes",
			d.ARN, len(from.ContainerDefinitions), len(from.Volumes))
	}
	var err error
	if d.Memory, err = strconv.Atoi(aws.ToString(from.Memory)); err != nil || d.Memory <= 0 {
		return d, fmt.Errorf("%s must say its memory in MiB, got %q", d.ARN, aws.ToString(from.Memory))
	}
	if d.Container, err = container(&from.ContainerDefinitions[0]); err != nil {
		return d, fmt.Errorf("%s: %w", d.ARN, err)
	}
	return d, nil
}

func container(from *types.ContainerDefinition) (Container, error) {
	if len(from.MountPoints)+len(from.EnvironmentFiles)+len(from.DependsOn)+len(from.Ulimits) > 0 {
		return Container{}, errors.New("mount points, environment files, dependencies and ulimits are not run on this machine")
	}
	c := Container{
		Name: aws.ToString(from.Name), Image: aws.ToString(from.Image), EntryPoint: from.EntryPoint, Command: from.Command,
		User: aws.ToString(from.User), WorkingDirectory: aws.ToString(from.WorkingDirectory),
		ReadonlyRootFilesystem: aws.ToBool(from.ReadonlyRootFilesystem),
		StopTimeout:            seconds(from.StopTimeout, defaultStopTimeout),
	}
	for _, v := range from.Environment {
		c.Environment = append(c.Environment, Variable{aws.ToString(v.Name), aws.ToString(v.Value)})
	}
	for _, s := range from.Secrets {
		c.Secrets = append(c.Secrets, Secret{aws.ToString(s.Name), aws.ToString(s.ValueFrom)})
	}
	for _, p := range from.PortMappings {
		c.Ports = append(c.Ports, int(aws.ToInt32(p.ContainerPort)))
	}
	if from.LogConfiguration != nil {
		c.LogGroup, c.LogPrefix = from.LogConfiguration.Options["awslogs-group"], from.LogConfiguration.Options["awslogs-stream-prefix"]
	}
	var err error
	c.HealthCheck, err = healthCheck(from.HealthCheck)
	return c, err
}

// healthCheck takes CMD alone: CMD-SHELL needs a shell, which an image need not have.
func healthCheck(from *types.HealthCheck) (*HealthCheck, error) {
	if from == nil || len(from.Command) == 0 || from.Command[0] == "NONE" {
		return nil, nil
	}
	if from.Command[0] != "CMD" || len(from.Command) < 2 {
		return nil, fmt.Errorf("the health check must be CMD and a program, got %q", from.Command)
	}
	check := &HealthCheck{
		Command: from.Command[1:], Interval: seconds(from.Interval, defaultInterval), Timeout: seconds(from.Timeout, defaultTimeout),
		StartPeriod: seconds(from.StartPeriod, 0), Retries: defaultRetries,
	}
	if from.Retries != nil {
		check.Retries = int(*from.Retries)
	}
	return check, nil
}

func seconds(number *int32, otherwise time.Duration) time.Duration {
	if number == nil {
		return otherwise
	}
	return time.Duration(*number) * time.Second
}

// Name is the short name of a revision.
func (d Definition) Name() string { return d.Family + ":" + strconv.Itoa(d.Revision) }
