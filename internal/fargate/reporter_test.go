package fargate

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// api is an AWS API of one's own.
func api(t *testing.T) aws.Config {
	t.Helper()
	tools, err := toolchain.Default(t.Output())
	must(t, err)
	python, err := tools.Python(t.Context())
	must(t, err)
	started, err := emulator.Start(t.Context(), emulator.Config{Python: python, Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { _ = started.Stop() }) // the test is over
	return aws.Config{Region: "us-east-1", BaseEndpoint: new(started.URL()), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A standalone task is found until it has stopped, and its log is where the awslogs driver puts it.
func TestAStandaloneTasksLifeInTheAPI(t *testing.T) {
	p := newPlace(t)
	p.run(t, "service:app", types.TaskOverride{})
	arn := p.run(t, "family:app", types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: new("app"), Command: []string{"migrate"}}}})
	found, err := p.reader.Standalone(t.Context(), p.cluster)
	if err != nil || len(found) != 1 || found[0].ARN != arn || !slices.Equal(found[0].Command, []string{"migrate"}) || found[0].Unsupported != "" {
		t.Fatalf("found %+v, %v; want the one that is no service's", found, err)
	}

	logs := cloudwatchlogs.NewFromConfig(p.config)
	_, err = logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: new("/ecs/team")})
	must(t, err)
	must(t, p.reporter.deliver(t.Context(), Container{Name: "app", LogGroup: "/ecs/team", LogPrefix: "prefix"}, found[0].ID(), []string{"one", "two"}))
	events, err := logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("/ecs/team"), LogStreamName: new("prefix/app/" + found[0].ID())})
	must(t, err)
	if len(events.Events) != 2 || *events.Events[1].Message != "two" {
		t.Errorf("the log has %+v", events.Events)
	}

	must(t, p.reporter.stopped(t.Context(), found[0], "it has ended"))
	if left, err := p.reader.Standalone(t.Context(), p.cluster); err != nil || len(left) != 0 {
		t.Errorf("after its end %+v is found, %v", left, err)
	}
	if reason := p.reason(t, arn); reason != "STOPPED: it has ended" {
		t.Errorf("the task is %s", reason)
	}

	arn = p.run(t, "family:app", types.TaskOverride{Memory: new("4096")})
	found, err = p.reader.Standalone(t.Context(), p.cluster)
	must(t, err)
	agent := NewAgent(Options{Reader: p.reader, Reporter: p.reporter, Complain: func(err error) { t.Error(err) }})
	agent.RunStandalone(found)
	agent.RunStandalone(found) // it is begun once
	agent.Stop()
	if reason := p.reason(t, arn); reason != "STOPPED: this machine runs tasks without overrides other than one container's command" {
		t.Errorf("what cannot be run is %s", reason)
	}
}

// place is a cluster in an AWS API, with a task definition that needs no subnet.
type place struct {
	config   aws.Config
	client   *ecs.Client
	cluster  string
	reader   *Reader
	reporter *Reporter
}

func newPlace(t *testing.T) *place {
	t.Helper()
	config := api(t)
	p := &place{config, ecs.NewFromConfig(config), "team", NewReader(config), NewReporter(config)}
	_, err := p.client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &p.cluster})
	must(t, err)
	_, err = p.client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: new("app"), NetworkMode: types.NetworkModeBridge,
		ContainerDefinitions: []types.ContainerDefinition{{Name: new("app"), Image: new("image"), Cpu: 256, Memory: new(int32(512))}},
	})
	must(t, err)
	return p
}

func (p *place) run(t *testing.T, group string, o types.TaskOverride) (arn string) {
	t.Helper()
	ran, err := p.client.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: &p.cluster, TaskDefinition: new("app"), LaunchType: types.LaunchTypeFargate, Group: &group, Overrides: &o})
	must(t, err)
	return *ran.Tasks[0].TaskArn
}

// reason is the task's state, and why it is in it.
func (p *place) reason(t *testing.T, arn string) string {
	t.Helper()
	described, err := p.client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &p.cluster, Tasks: []string{arn}})
	must(t, err)
	return aws.ToString(described.Tasks[0].LastStatus) + ": " + aws.ToString(described.Tasks[0].StoppedReason)
}
