//go:build live

// Package deployed runs an environment as it was deployed, from its own task definitions, and changes it by applies while
// runs are in flight.
package deployed_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/fargate"
)

func TestTheDeployedEnvironment(t *testing.T) {
	w := deploy(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"tasks are what their definitions say", w.tasksAreAsDefined},
		{"standalone tasks run to their end", standaloneTasksEnd},
		{"runs start, stream, wait for approval and are canceled", runsLiveTheirLives},
		{"a rotation replaces the tasks and their secrets", rotates},
		{"a new image and three of each", rollsAndGrows},
		{"one of each again", shrinks},
		{"a variable that is missing fails the start by its name", failsByName},
	} {
		t.Run(step.name, func(t *testing.T) { step.run(t, w) })
	}
}

// rotates raises the version of all secrets with runs in flight.
func rotates(t *testing.T, w *world) {
	before := w.environments(t)
	traffic := w.startTraffic(t)
	waiting := w.startReport(t)
	w.apply(t, "secrets_version=2")
	traffic.stop(t)
	after := w.environments(t)
	for service, old := range before {
		for _, name := range []string{"DATABASE_URL", "INTERNAL_AUTH_KEY", "SECRETS_VERSION"} {
			if old[0][name] == after[service][0][name] {
				t.Errorf("%s has the %s that it had", service, name)
			}
		}
	}
	if gateway, engine := after["api-gateway"][0], after["workflow-engine"][0]; gateway["INTERNAL_AUTH_KEY"] != engine["INTERNAL_AUTH_KEY"] {
		t.Error("gateway and engine have different keys")
	}
	if was, is := before["workflow-engine"][0]["CREDENTIALS_KEY"], after["workflow-engine"][0]["CREDENTIALS_KEY"]; was == "" || is != was {
		t.Error("the rotation replaced the key that opens stored credentials")
	}
	if got := after["workflow-engine"][0]["OPENAI_API_KEY"]; got != "simulated" {
		t.Errorf("the key that nobody gave again is %q", got)
	}
	w.tasksAreAsDefined(t, w)
	w.approveAndFinish(t, waiting)
}

// rollsAndGrows deploys another tag and another number at once, with runs in flight.
func rollsAndGrows(t *testing.T, w *world) {
	w.retag(t, "next")
	traffic := w.startTraffic(t)
	waiting := w.startReport(t)
	w.apply(t, "secrets_version=2", "desired_count=3", "image_tag=next")
	traffic.stop(t)
	for service, tasks := range w.environments(t) {
		if len(tasks) != 3 {
			t.Errorf("%s has %d tasks, want 3", service, len(tasks))
		}
	}
	for _, s := range w.state(t).Services {
		for _, task := range s.Tasks { // one that drains still has the image of before
			if d := w.definition(t, task); task.Stage == fargate.Running && !strings.HasSuffix(*d.ContainerDefinitions[0].Image, ":next") {
				t.Errorf("%s runs %s", task.ID, *d.ContainerDefinitions[0].Image)
			}
		}
	}
	if lines := slices.DeleteFunc(w.hosts(t), func(line string) bool { return !strings.Contains(line, " workflow-engine.") }); len(lines) != 3 {
		t.Errorf("the engine's name has the addresses %q, want three", lines)
	}
	w.approveAndFinish(t, waiting)
}

func shrinks(t *testing.T, w *world) {
	traffic := w.startTraffic(t)
	w.apply(t, "secrets_version=2", "desired_count=1", "image_tag=next")
	traffic.stop(t)
	for service, tasks := range w.environments(t) {
		if len(tasks) != 1 {
			t.Errorf("%s has %d tasks, want 1", service, len(tasks))
		}
	}
}
