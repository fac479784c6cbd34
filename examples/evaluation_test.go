//go:build live

package examples_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
)

// evaluated is what an evaluation run tells.
type evaluated struct {
	ID       string
	Passed   int
	Failed   int
	PassRate float64    `json:"pass_rate"`
	EndedAt  *time.Time `json:"ended_at"`
	Results  []struct{ Name, Status, Reason string }
}

// evaluate runs the evaluation of every example that has one. Its last case fails, the others pass.
func evaluate(t *testing.T, stack *devstack.Stack, client *api.Client) {
	t.Helper()
	files, err := filepath.Glob("*/evaluation.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range files {
		example, err := stack.Example(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		workflow, err := client.Publish(t.Context(), example.Document)
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string]any{"workflow": workflow.ID}
		if err := json.Unmarshal(read(t, file), &cases); err != nil {
			t.Fatal(err)
		}
		got := tried(t, client, cases)
		for i, result := range got.Results {
			want := "passed"
			if i == len(got.Results)-1 {
				want = "failed"
			}
			if result.Status != want || want == "failed" && result.Reason == "" {
				t.Errorf("%s: %+v", file, result)
			}
		}
		if got.Failed != 1 || got.Passed != len(got.Results)-1 || got.PassRate != float64(got.Passed)/float64(len(got.Results)) {
			t.Errorf("%s: %+v", file, got)
		}
	}
}

// tried makes an evaluation and runs it to its end.
func tried(t *testing.T, client *api.Client, cases map[string]any) (run evaluated) {
	t.Helper()
	var made struct{ ID string }
	if err := client.Post(t.Context(), "/v1/evaluations", cases, &made); err != nil {
		t.Fatal(err)
	}
	if err := client.Post(t.Context(), "/v1/evaluations/"+made.ID+":run", struct{}{}, &run); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); run.EndedAt == nil; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the evaluation does not end: %+v", run)
		}
		if err := client.Get(t.Context(), "/v1/evaluation-runs/"+run.ID, &run); err != nil {
			t.Fatal(err)
		}
	}
	return run
}
