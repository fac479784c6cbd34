package fargate

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// deployed is a task definition as ECS describes it.
func deployed(change func(*types.TaskDefinition, *types.ContainerDefinition)) *types.TaskDefinition {
	container := types.ContainerDefinition{
		Name: new("app"), Image: new("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:v1"), User: new("65532"), ReadonlyRootFilesystem: new(true),
		Environment:  []types.KeyValuePair{{Name: new("HOST"), Value: new("0.0.0.0")}, {Name: new("LEVEL"), Value: new("debug")}},
		Secrets:      []types.Secret{{Name: new("KEY"), ValueFrom: new("arn:aws:ssm:eu-west-1:123456789012:parameter/team/key")}},
		PortMappings: []types.PortMapping{{ContainerPort: new(int32(8000))}},
		HealthCheck: &types.HealthCheck{Command: []string{"CMD", "/app", "healthcheck"}, Interval: new(int32(10)), Timeout: new(int32(5)),
			Retries: new(int32(4)), StartPeriod: new(int32(30))},
		StopTimeout:      new(int32(60)),
		LogConfiguration: &types.LogConfiguration{Options: map[string]string{"awslogs-group": "/ecs/team", "awslogs-stream-prefix": "app"}},
	}
	definition := &types.TaskDefinition{
		TaskDefinitionArn: new("arn:aws:ecs:eu-west-1:123456789012:task-definition/team-app:3"), Family: new("team-app"), Revision: 3,
		Memory: new("1024"), RuntimePlatform: &types.RuntimePlatform{CpuArchitecture: types.CPUArchitectureArm64},
	}
	if change != nil {
		change(definition, &container)
	}
	if definition.ContainerDefinitions == nil {
		definition.ContainerDefinitions = []types.ContainerDefinition{container}
	}
	return definition
}

func TestADefinitionIsReadWhole(t *testing.T) {
	got, err := define(deployed(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Definition{
		ARN: "arn:aws:ecs:eu-west-1:123456789012:task-definition/team-app:3", Family: "team-app", Revision: 3, Architecture: "ARM64", Memory: 1024,
		Container: Container{
			Name: "app", Image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:v1", User: "65532", ReadonlyRootFilesystem: true,
			Environment: []Variable{{"HOST", "0.0.0.0"}, {"LEVEL", "debug"}},
			Secrets:     []Secret{{"KEY", "arn:aws:ssm:eu-west-1:123456789012:parameter/team/key"}},
			Ports:       []int{8000}, StopTimeout: time.Minute, LogGroup: "/ecs/team", LogPrefix: "app",
			HealthCheck: &HealthCheck{Command: []string{"/app", "healthcheck"}, Interval: 10 * time.Second, Timeout: 5 * time.Second, StartPeriod: 30 * time.Second, Retries: 4},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Name() != "team-app:3" {
		t.Errorf("it is called %s", got.Name())
	}
}

func TestWhatIsNotSaidIsAsECSHasIt(t *testing.T) {
	got, err := define(deployed(func(_ *types.TaskDefinition, c *types.ContainerDefinition) {
		c.StopTimeout, c.HealthCheck = nil, &types.HealthCheck{Command: []string{"CMD", "/app"}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := &HealthCheck{Command: []string{"/app"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, Retries: 3}
	if diff := cmp.Diff(want, got.Container.HealthCheck); diff != "" || got.Container.StopTimeout != 30*time.Second {
		t.Errorf("stop timeout %s, health check (-want +got):\n%s", got.Container.StopTimeout, diff)
	}
}

// What this machine would leave out is refused, by name.
func TestWhatCannotBeRunIsRefused(t *testing.T) {
	for want, change := range map[string]func(*types.TaskDefinition, *types.ContainerDefinition){
		"has 2 containers": func(d *types.TaskDefinition, c *types.ContainerDefinition) {
			d.ContainerDefinitions = []types.ContainerDefinition{*c, *c}
		},
		"and 1 volumes": func(d *types.TaskDefinition, _ *types.ContainerDefinition) { d.Volumes = make([]types.Volume, 1) },
		"mount points": func(_ *types.TaskDefinition, c *types.ContainerDefinition) {
			c.MountPoints = make([]types.MountPoint, 1)
		},
		"memory in MiB": func(d *types.TaskDefinition, _ *types.ContainerDefinition) { d.Memory = nil },
		`CMD and a program, got ["CMD-SHELL" "curl"]`: func(_ *types.TaskDefinition, c *types.ContainerDefinition) {
			c.HealthCheck.Command = []string{"CMD-SHELL", "curl"}
		},
	} {
		if _, err := define(deployed(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
