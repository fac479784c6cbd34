package fargate

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// started is a task as ECS describes one that RunTask started.
func started(o types.TaskOverride) *types.Task {
	return &types.Task{
		ClusterArn: new("arn:aws:ecs:eu-west-1:123456789012:cluster/team"), TaskArn: new("arn:aws:ecs:eu-west-1:123456789012:task/team/0a1b"),
		TaskDefinitionArn: new("arn:aws:ecs:eu-west-1:123456789012:task-definition/team-app:3"), Overrides: &o,
	}
}

func TestAStandaloneTaskHasItsOwnCommand(t *testing.T) {
	s := standalone(started(types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Command: []string{"migrate"}}}}))
	if !slices.Equal(s.Command, []string{"migrate"}) || s.Unsupported != "" || s.ID() != "0a1b" || !strings.HasSuffix(s.Definition, "team-app:3") {
		t.Errorf("got %+v, id %s", s, s.ID())
	}
}

// What this machine would leave out is refused: without it, it would be another task.
func TestOtherOverridesAreRefused(t *testing.T) {
	for name, o := range map[string]types.TaskOverride{
		"role":        {TaskRoleArn: new("arn:aws:iam::123456789012:role/other")},
		"memory":      {Memory: new("4096")},
		"environment": {ContainerOverrides: []types.ContainerOverride{{Environment: []types.KeyValuePair{{Name: new("A"), Value: new("b")}}}}},
		"containers":  {ContainerOverrides: make([]types.ContainerOverride, 2)},
	} {
		s := standalone(started(o))
		err := (&Agent{}).liveStandalone(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), "overrides other than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutputIsDeliveredByLines(t *testing.T) {
	if got := linesOf("one\ntwo\r\n\nthree"); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("got %q", got)
	}
}
