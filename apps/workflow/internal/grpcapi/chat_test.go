package grpcapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/internal/modelsim"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const chatting = `{"schema": "agentteam/v1", "name": "Chat", "inputs": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
	"outputs": {"answer": "${{ nodes.answer.output.text }}"}, "settings": {"budget": {"usd": 1}}, "edges": [], "nodes": [{"id": "answer", "type": "agent",
		"config": {"provider": "openai", "model": "m", "prompt": "${{ inputs.message }}", "memory": {"thread": "${{ run.thread }}", "messages": 4}}}]}`

// heard is a simulated provider that keeps what it was asked.
type heard struct {
	mu       sync.Mutex
	requests []string
}

func (h *heard) serve(t *testing.T) map[string]model.Account {
	t.Helper()
	simulated := modelsim.New(modelsim.Script{Rules: []modelsim.Rule{{Match: modelsim.Match{User: "The conversation after it"}, Reply: modelsim.Reply{Text: "Ada lives in Lisbon"}}}}).Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.requests = append(h.requests, string(body))
		h.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		simulated.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return map[string]model.Account{model.OpenAI: {Provider: model.NewOpenAI("sk", server.URL+"/v1"), Key: "sk"}}
}

// TestAConversation: runs that are queued behind each other go on with what was said, and with its summary when it has become long.
func TestAConversation(t *testing.T) {
	h := &heard{}
	w := prepare(t)
	w.models = h.serve(t)
	w.live(t)
	ctx, threads := w.owner(t), workflowv1.NewThreadServiceClient(w.conn)
	workflow := w.publish(t, chatting)
	thread, err := threads.CreateThread(ctx, &workflowv1.CreateThreadRequest{})
	if err != nil {
		t.Fatal(err)
	}
	name := thread.GetThread().GetId()
	var runs []string
	for i := range 4 {
		started, err := w.runs.StartRun(ctx, &workflowv1.StartRunRequest{
			WorkflowId: workflow, InputsJson: fmt.Sprintf(`{"message": "message %d"}`, i+1), ThreadId: name, ThreadPolicy: workflowv1.ThreadPolicy_THREAD_POLICY_ENQUEUE,
		})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, started.GetRun().GetId())
	}
	for i, run := range runs {
		ended := w.await(t, run)
		if ended.GetStatus() != workflowv1.RunStatus_RUN_STATUS_COMPLETED || !strings.Contains(ended.GetOutputsJson(), fmt.Sprintf("message %d", i+1)) {
			t.Fatalf("run %d is %v", i+1, ended)
		}
		if calls := ended.GetUsage().GetModelCalls(); i < 3 && calls != 1 || i == 3 && calls != 2 {
			t.Errorf("run %d made %d calls of models", i+1, calls)
		}
	}
	said, err := threads.ListMessages(ctx, &workflowv1.ListMessagesRequest{ThreadId: name})
	if err != nil || len(said.GetMessages()) != 8 || said.GetMessages()[4].GetText() != "message 3" || said.GetMessages()[5].GetRunId() != runs[2] {
		t.Errorf("the thread has %v, %v", said, err)
	}
	found, err := threads.GetThread(ctx, &workflowv1.GetThreadRequest{Id: name})
	if err != nil || found.GetThread().GetSummary() != "Ada lives in Lisbon" || found.GetThread().GetSummarizedThrough() != 4 {
		t.Errorf("the thread is %v, %v", found, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.requests[len(h.requests)-1]
	if len(h.requests) != 5 || !strings.Contains(last, "Ada lives in Lisbon") || !strings.Contains(last, "message 3") || strings.Contains(last, "message 2") {
		t.Errorf("%d requests, the last is %s", len(h.requests), last)
	}
	if strings.Contains(h.requests[0], "message 2") || !strings.Contains(h.requests[1], `message 1`) {
		t.Errorf("the second request is %s", h.requests[1])
	}
}

// TestAReplayOfAConversation: it goes on with the thread as it was, asks no model, and adds nothing.
func TestAReplayOfAConversation(t *testing.T) {
	h := &heard{}
	w := prepare(t)
	w.models = h.serve(t)
	w.live(t)
	ctx, threads := w.owner(t), workflowv1.NewThreadServiceClient(w.conn)
	workflow := w.publish(t, chatting)
	thread, err := threads.CreateThread(ctx, &workflowv1.CreateThreadRequest{})
	if err != nil {
		t.Fatal(err)
	}
	name, last := thread.GetThread().GetId(), ""
	for _, message := range []string{"one", "two"} {
		started, err := w.runs.StartRun(ctx, &workflowv1.StartRunRequest{WorkflowId: workflow, InputsJson: `{"message": "` + message + `"}`, ThreadId: name})
		if err != nil {
			t.Fatal(err)
		}
		last = started.GetRun().GetId()
		w.await(t, last)
	}
	replayed, err := w.runs.ReplayRun(ctx, &workflowv1.ReplayRunRequest{Id: last})
	if err != nil {
		t.Fatal(err)
	}
	ended := w.await(t, replayed.GetRun().GetId())
	if ended.GetStatus() != workflowv1.RunStatus_RUN_STATUS_COMPLETED || !strings.Contains(ended.GetOutputsJson(), "two") || ended.GetThreadId() != "" {
		t.Errorf("the replay is %v", ended)
	}
	said, err := threads.ListMessages(ctx, &workflowv1.ListMessagesRequest{ThreadId: name})
	if err != nil || len(said.GetMessages()) != 4 {
		t.Errorf("the thread has %v, %v", said, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.requests) != 2 {
		t.Errorf("the model was asked %d times, want those of the two runs", len(h.requests))
	}
}

func (w *world) publish(t *testing.T, document string) (workflow string) {
	t.Helper()
	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	created, err := workflows.CreateWorkflow(w.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: document})
	if err != nil {
		t.Fatal(err)
	}
	workflow = created.GetWorkflow().GetId()
	if _, err := workflows.PublishWorkflow(w.owner(t), &workflowv1.PublishWorkflowRequest{Id: workflow}); err != nil {
		t.Fatal(err)
	}
	return workflow
}

// await gives a run when it has ended.
func (w *world) await(t *testing.T, run string) *workflowv1.Run {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got, err := w.runs.GetRun(w.owner(t), &workflowv1.GetRunRequest{Id: run})
		if err != nil {
			t.Fatal(err)
		}
		if got.GetRun().GetEndTime() != nil {
			return got.GetRun()
		}
	}
	t.Fatalf("run %s does not end", run)
	return nil
}
