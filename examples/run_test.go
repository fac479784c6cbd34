//go:build live

package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
)

// ran is what a run left.
type ran struct {
	run     api.Run
	outputs map[string]json.RawMessage
	events  []api.Event
	steps   map[string]api.Step
}

// TestExamples runs every example through the HTTP API of both real services.
func TestExamples(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := devstack.Start(t.Context(), devstack.Options{Root: root, Dir: t.TempDir(), Out: t.Output(), Env: withoutKeys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	})
	key, err := stack.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := api.New(stack.Gateway, key)
	t.Run("evaluations", func(t *testing.T) {
		t.Parallel()
		evaluate(t, stack, client)
	})
	checks := map[string]func(*testing.T, *ran){
		"research-and-report": checkReport, "fan-out": checkFanOut, "supervisor-team": checkTeam, "nightly-report": func(t *testing.T, r *ran) { checkNightly(t, client, r) },
		"chat": func(t *testing.T, r *ran) { checkChat(t, client, r) },
	}
	for _, name := range folders(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check, known := checks[name]
			if !known {
				t.Fatal("nothing checks this example")
			}
			check(t, runExample(t, stack, client, name))
		})
	}
}

// withoutKeys keeps the tests from spending money.
func withoutKeys() []string {
	return slices.DeleteFunc(os.Environ(), func(assignment string) bool {
		return strings.HasPrefix(assignment, "OPENAI_") || strings.HasPrefix(assignment, "ANTHROPIC_")
	})
}

// runExample publishes and runs an example to its end, and approves what it asks.
func runExample(t *testing.T, stack *devstack.Stack, client *api.Client, name string) *ran {
	t.Helper()
	r := &ran{}
	example, err := stack.Example(name)
	if err != nil {
		t.Fatal(err)
	}
	workflow, err := client.Publish(t.Context(), example.Document)
	if err != nil {
		t.Fatal(err)
	}
	started, err := client.Start(t.Context(), workflow.ID, example.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	err = client.Follow(t.Context(), started.ID, func(event api.Event) error {
		r.events = append(r.events, event)
		if event.Type != "approval.requested" {
			return nil
		}
		var asked struct{ Approval, Digest string }
		if err := json.Unmarshal(event.Data, &asked); err != nil {
			return err
		}
		return client.Decide(t.Context(), asked.Approval, asked.Digest, true)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.collect(t, client, started.ID)
	return r
}

func (r *ran) collect(t *testing.T, client *api.Client, id string) {
	t.Helper()
	var err error
	if r.run, err = client.Run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if r.run.Status != "completed" {
		t.Fatalf("the run is %s: %+v", r.run.Status, r.run.Failure)
	}
	if err := json.Unmarshal(r.run.Outputs, &r.outputs); err != nil {
		t.Fatal(err)
	}
	steps, err := client.Steps(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r.steps = map[string]api.Step{}
	for _, step := range steps {
		r.steps[step.Path] = step
	}
}

// inOrder checks that these events are in the log, in this order, with any others between them.
func (r *ran) inOrder(t *testing.T, wanted ...string) {
	t.Helper()
	rest := wanted
	for _, event := range r.events {
		if len(rest) > 0 && strings.TrimSpace(event.Type+" "+event.Step) == rest[0] {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("the log lacks %v, or has it too early", rest)
	}
}

func (r *ran) output(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(r.outputs[name], into); err != nil {
		t.Fatalf("output %s: %v in %s", name, err, r.run.Outputs)
	}
}
