package fargate

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Service is an ECS service: how many tasks of which task definition, and where they are made known.
type Service struct {
	Cluster, Name string
	Desired       int
	// Deployment names the newest deployment: a task definition, and a forced new start of it.
	Deployment       string
	Definition       string // ARN of the task definition
	MinimumHealthy   int    // percent of Desired that a deployment keeps
	Maximum          int    // percent of Desired that a deployment may run
	TargetGroups     []TargetGroup
	DiscoveryService string // ARN in service discovery; empty: none
}

// TargetGroup is where a service's tasks are registered, with the port that they listen on.
type TargetGroup struct {
	ARN  string
	Port int
}

// What ECS takes where a service says nothing.
const (
	defaultMinimumHealthy = 100
	defaultMaximum        = 200
)

// describe takes from a service what matters for running it.
func describe(from *types.Service) Service {
	s := Service{
		Cluster: aws.ToString(from.ClusterArn), Name: aws.ToString(from.ServiceName), Desired: int(from.DesiredCount),
		Definition: aws.ToString(from.TaskDefinition), MinimumHealthy: defaultMinimumHealthy, Maximum: defaultMaximum,
	}
	if c := from.DeploymentConfiguration; c != nil {
		s.MinimumHealthy = number(c.MinimumHealthyPercent, defaultMinimumHealthy)
		s.Maximum = number(c.MaximumPercent, defaultMaximum)
	}
	for _, d := range from.Deployments {
		if aws.ToString(d.Status) == "PRIMARY" {
			s.Deployment = aws.ToString(d.Id) + " " + s.Definition // an emulated API may keep the id of a changed definition
		}
	}
	for _, b := range from.LoadBalancers {
		s.TargetGroups = append(s.TargetGroups, TargetGroup{aws.ToString(b.TargetGroupArn), int(aws.ToInt32(b.ContainerPort))})
	}
	if len(from.ServiceRegistries) > 0 {
		s.DiscoveryService = aws.ToString(from.ServiceRegistries[0].RegistryArn)
	}
	return s
}

func number(given *int32, otherwise int) int {
	if given == nil {
		return otherwise
	}
	return int(*given)
}
