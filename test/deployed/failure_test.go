//go:build live

package deployed_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/agentteam/agentteam/internal/fargate"
)

// failsByName deploys a task definition that lacks a variable, past Terraform.
func failsByName(t *testing.T, w *world) {
	const missing = "REDIS_URL"
	services, err := w.reader.Services(t.Context(), w.cluster)
	must(t, err)
	engine := services[slices.IndexFunc(services, func(s fargate.Service) bool { return strings.HasSuffix(s.Name, "workflow-engine") })]
	client := ecs.NewFromConfig(w.Config(t))
	good, err := client.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &engine.Definition})
	must(t, err)
	bad := *good.TaskDefinition
	container := bad.ContainerDefinitions[0]
	container.Environment = slices.DeleteFunc(slices.Clone(container.Environment), func(v types.KeyValuePair) bool { return aws.ToString(v.Name) == missing })
	registered, err := client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: bad.Family, ContainerDefinitions: []types.ContainerDefinition{container}, Cpu: bad.Cpu, Memory: bad.Memory,
		NetworkMode: bad.NetworkMode, ExecutionRoleArn: bad.ExecutionRoleArn, TaskRoleArn: bad.TaskRoleArn,
		RequiresCompatibilities: bad.RequiresCompatibilities, RuntimePlatform: bad.RuntimePlatform,
	})
	must(t, err)
	w.use(t, client, engine, *registered.TaskDefinition.TaskDefinitionArn)
	w.eventually(t, "the failure names the variable", func() bool {
		status := w.status(t, engine.Name)
		return status.Failures >= 2 && strings.Contains(status.Failure, missing+" is not set; it is required") && strings.Contains(status.Failure, "ended with status 1")
	})
	if !slices.ContainsFunc(w.status(t, engine.Name).Tasks, func(task fargate.TaskStatus) bool { return task.Serving }) {
		t.Error("the task of the deployment before does not serve any more")
	}
	w.approveAndFinish(t, w.startReport(t))
	w.use(t, client, engine, engine.Definition)
	w.awaitRunning(t)
}

func (w *world) use(t *testing.T, client *ecs.Client, s fargate.Service, definition string) {
	t.Helper()
	_, err := client.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &s.Cluster, Service: &s.Name, TaskDefinition: &definition, ForceNewDeployment: true})
	must(t, err)
}

func (w *world) status(t *testing.T, service string) fargate.Status {
	t.Helper()
	for _, s := range w.state(t).Services {
		if s.Service == service {
			return s
		}
	}
	return fargate.Status{}
}
