//go:build live

package deployed_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/fargate"
)

// tasksAreAsDefined asks the kernel what every task's process has, and AWS's own clients what it should have.
func (w *world) tasksAreAsDefined(t *testing.T, _ *world) {
	t.Helper()
	seen := 0
	for _, s := range w.state(t).Services {
		for _, task := range s.Tasks {
			if task.Stage != fargate.Running {
				continue
			}
			seen++
			want := w.defined(t, task)
			if diff := cmp.Diff(want, environment(t, task)); diff != "" {
				t.Errorf("environment of %s (-task definition +/proc):\n%s", task.Definition, diff)
			}
			container := w.definition(t, task).ContainerDefinitions[0]
			inside := strings.Fields(proc(t, task, "uid_map"))
			if inside[0] != *container.User || inside[2] != "1" {
				t.Errorf("%s is user %s of %s, want %s alone", task.Definition, inside[0], inside[2], *container.User)
			}
			if root := mountOptions(t, task, "/"); !*container.ReadonlyRootFilesystem || !strings.HasPrefix(root, "ro") {
				t.Errorf("the root of %s is mounted %s", task.Definition, root)
			}
		}
	}
	if seen < 2 {
		t.Fatalf("%d tasks run", seen)
	}
}

// defined is the environment that a task definition gives, with the one translation.
func (w *world) defined(t *testing.T, task fargate.TaskStatus) map[string]string {
	t.Helper()
	container := w.definition(t, task).ContainerDefinitions[0]
	want := map[string]string{"PATH": "/ko-app", "KO_DATA_PATH": "/var/run/ko", "PWD": "/"} // of the image, and of bubblewrap
	for _, v := range container.Environment {
		want[*v.Name] = strings.Replace(*v.Value, "0.0.0.0", task.Address.String(), 1)
	}
	client := ssm.NewFromConfig(w.Config(t))
	for _, s := range container.Secrets {
		_, path, _ := strings.Cut(*s.ValueFrom, ":parameter")
		parameter, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &path, WithDecryption: new(true)})
		must(t, err)
		want[*s.Name] = *parameter.Parameter.Value
	}
	return want
}

func (w *world) definition(t *testing.T, task fargate.TaskStatus) *types.TaskDefinition {
	t.Helper()
	answer, err := ecs.NewFromConfig(w.Config(t)).DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &task.Definition})
	must(t, err)
	return answer.TaskDefinition
}

// environments are the running tasks' environments, by the end of their service's name.
func (w *world) environments(t *testing.T) map[string][]map[string]string {
	t.Helper()
	all := map[string][]map[string]string{}
	for _, s := range w.state(t).Services {
		short := strings.TrimPrefix(s.Service, "agent-team-development-")
		for _, task := range s.Tasks {
			if task.Serving {
				all[short] = append(all[short], environment(t, task))
			}
		}
	}
	return all
}

func environment(t *testing.T, task fargate.TaskStatus) map[string]string {
	t.Helper()
	variables := map[string]string{}
	for assignment := range bytes.SplitSeq([]byte(proc(t, task, "environ")), []byte{0}) {
		if name, value, found := strings.Cut(string(assignment), "="); found {
			variables[name] = value
		}
	}
	return variables
}

func proc(t *testing.T, task fargate.TaskStatus, file string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", task.PID, file))
	must(t, err)
	return string(text)
}

func mountOptions(t *testing.T, task fargate.TaskStatus, place string) string {
	t.Helper()
	for line := range strings.Lines(proc(t, task, "mountinfo")) {
		if fields := strings.Fields(line); len(fields) > 5 && fields[4] == place {
			return fields[5]
		}
	}
	t.Fatalf("%s has no mount at %s", task.Definition, place)
	return ""
}

// hosts are the lines of the names that tasks see.
func (w *world) hosts(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(w.dir + "/hosts")
	must(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
