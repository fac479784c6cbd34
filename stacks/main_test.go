package stacks_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

func TestMain(m *testing.M) { synthtest.Main(m) }

// forEach runs an assertion on every environment.
func forEach(t *testing.T, assert func(*testing.T, synthtest.Stack)) {
	t.Helper()
	for name, stack := range synthtest.Environments(t) {
		t.Run(name, func(t *testing.T) { assert(t, stack) })
	}
}

// containerDefinition is what a task definition says of its one container.
type containerDefinition struct {
	Name         string
	Image        string
	PortMappings []struct{ ContainerPort int }
	Environment  []struct{ Name, Value string }
	Secrets      []struct{ Name, ValueFrom string }
	User         string
	HealthCheck  struct{ Command []string }
	StopTimeout  int

	ReadonlyRootFilesystem string // an expression
}

func containerOf(t *testing.T, stack synthtest.Stack, service string) containerDefinition {
	t.Helper()
	text, _ := stack.Resource(t, "aws_ecs_task_definition."+service)["container_definitions"].(string)
	encoded := strings.TrimSuffix(strings.TrimPrefix(text, "${jsonencode("), ")}")
	var containers []containerDefinition
	if err := json.Unmarshal([]byte(encoded), &containers); err != nil {
		t.Fatalf("container definitions of %s: %v\n%s", service, err, text)
	}
	if len(containers) != 1 {
		t.Fatalf("%s has %d containers, want 1", service, len(containers))
	}
	return containers[0]
}

// text is an argument that is a string, and empty if it is something else.
func text(value any) string {
	s, _ := value.(string)
	return s
}
