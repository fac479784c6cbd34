//go:build live

package deployed_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// standaloneTasksEnd runs tasks of the gateway's definition outside its service, as an operator does by AWS's own clients.
func standaloneTasksEnd(t *testing.T, w *world) {
	client := ecs.NewFromConfig(w.Config(t))
	key := w.runTask(t, client, "api-key", "create", "--workspace", "Operators", "--role", "admin")
	if reason := w.stopReason(t, client, key); reason != "Essential container in task exited" {
		t.Errorf("the task stopped because of %q", reason)
	}
	printed := regexp.MustCompile(`atk_[\w-]+`).FindString(w.logged(t, key)) // among the lines of its log
	must(t, api.New(w.state(t).Public, printed).Get(t.Context(), "/v1/me", nil))

	wrong := w.runTask(t, client, "api-key", "create", "--role", "admin")
	if reason := w.stopReason(t, client, wrong); !strings.Contains(reason, "exited with status ") || !strings.Contains(w.logged(t, wrong), "workspace") {
		t.Errorf("a task whose command is wrong stopped because of %q, and its log is %q", reason, w.logged(t, wrong))
	}

	serving := w.runTask(t, client)
	time.Sleep(10 * time.Second) // no API says when its program runs
	_, err := client.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &w.cluster, Task: &serving, Reason: new("enough")})
	must(t, err)
	w.eventually(t, "the task that was told to stop has ended, and its log is there", func() bool { return w.logged(t, serving) != "" })
}

// runTask starts a task with another command, in the place of the gateway's own.
func (w *world) runTask(t *testing.T, client *ecs.Client, command ...string) (arn string) {
	t.Helper()
	listed, err := client.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: &w.cluster, Services: []string{"agent-team-development-api-gateway"}})
	must(t, err)
	service := listed.Services[0]
	ran, err := client.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: &w.cluster, TaskDefinition: service.TaskDefinition, LaunchType: types.LaunchTypeFargate, NetworkConfiguration: service.NetworkConfiguration,
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: new("api-gateway"), Command: command}}},
	})
	must(t, err)
	return *ran.Tasks[0].TaskArn
}

// stopReason waits for the task's end.
func (w *world) stopReason(t *testing.T, client *ecs.Client, arn string) (reason string) {
	t.Helper()
	w.eventually(t, "the task has ended", func() bool {
		described, err := client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &w.cluster, Tasks: []string{arn}})
		must(t, err)
		reason = aws.ToString(described.Tasks[0].StoppedReason)
		return aws.ToString(described.Tasks[0].LastStatus) == "STOPPED"
	})
	return reason
}

// logged is what the task wrote, as CloudWatch Logs has it.
func (w *world) logged(t *testing.T, arn string) string {
	t.Helper()
	_, id, _ := strings.Cut(arn[strings.LastIndex(arn, ":"):], "/"+w.cluster+"/")
	events, err := cloudwatchlogs.NewFromConfig(w.Config(t)).GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: new("/ecs/agent-team-development"), LogStreamName: new("api-gateway/api-gateway/" + id)})
	if missing := (*logs.ResourceNotFoundException)(nil); errors.As(err, &missing) {
		return ""
	}
	must(t, err)
	var lines []string
	for _, e := range events.Events {
		lines = append(lines, *e.Message)
	}
	return strings.Join(lines, "\n")
}
