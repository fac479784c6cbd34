//go:build live

package examples_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// message is one of a thread.
type message struct {
	Role, Text string
	RunID      string `json:"run_id"`
	Step       string
}

// checkChat goes on with the example in a thread: two messages at once, of which the second waits for the first.
func checkChat(t *testing.T, client *api.Client, r *ran) {
	r.inOrder(t, "step.started answer", "tool.call answer", "tool.result answer", "step.completed answer", "run.completed", "done")
	// What the simulated model asks for, whose word in the documents is "query".
	if err := client.Put(t.Context(), "/v1/documents/handbook", map[string]any{"text": "A simulated query finds this: travel is approved by a lead."}, nil); err != nil {
		t.Fatal(err)
	}
	var thread struct{ ID string }
	if err := client.Post(t.Context(), "/v1/threads", map[string]any{"title": "Travel"}, &thread); err != nil {
		t.Fatal(err)
	}
	say := func(policy, text string) (run api.Run, err error) {
		err = client.Post(t.Context(), "/v1/runs", map[string]any{"workflow": r.run.WorkflowID, "thread": thread.ID, "thread_policy": policy, "inputs": map[string]any{"message": text}}, &run)
		return run, err
	}
	first, err := say("reject", "My name is Ada.")
	if err != nil {
		t.Fatal(err)
	}
	second, err := say("enqueue", "What is my name?")
	if err != nil {
		t.Fatal(err)
	}
	runs := []*ran{{}, {}}
	for i, id := range []string{first.ID, second.ID} {
		if err := client.Follow(t.Context(), id, func(event api.Event) error { runs[i].events = append(runs[i].events, event); return nil }); err != nil {
			t.Fatal(err)
		}
		runs[i].collect(t, client, id)
	}
	var said struct{ Items []message }
	if err := client.Get(t.Context(), "/v1/threads/"+thread.ID+"/messages", &said); err != nil {
		t.Fatal(err)
	}
	var answers [2]string
	runs[0].output(t, "answer", &answers[0])
	runs[1].output(t, "answer", &answers[1])
	want := []message{
		{"user", "My name is Ada.", first.ID, "answer"}, {"assistant", answers[0], first.ID, "answer"},
		{"user", "What is my name?", second.ID, "answer"}, {"assistant", answers[1], second.ID, "answer"},
	}
	if diff := cmp.Diff(want, said.Items); diff != "" {
		t.Errorf("the thread, -want +got:\n%s", diff)
	}
	if !strings.Contains(answers[0], "travel is approved by a lead") {
		t.Errorf("the document is not found: %s", answers[0])
	}
	if before, now := runs[0].run.Usage.InputTokens, runs[1].run.Usage.InputTokens; now <= before {
		t.Errorf("the second run was shown %d tokens, the first %d: it was not shown what was said", now, before)
	}
	if err := client.Delete(t.Context(), "/v1/threads/"+thread.ID); err != nil {
		t.Error(err)
	}
	if _, err := say("reject", "Who?"); !isStatus(err, http.StatusNotFound) {
		t.Errorf("a run of a deleted thread: %v", err)
	}
}

func isStatus(err error, status int) bool {
	problem, ok := errors.AsType[*api.Problem](err)
	return ok && problem.Status == status
}
