package grpcapi_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func say(role workflowv1.MessageRole, texts ...string) (messages []*workflowv1.ThreadMessage) {
	for _, text := range texts {
		messages = append(messages, &workflowv1.ThreadMessage{Role: role, Text: text})
	}
	return messages
}

func TestAThreadsLife(t *testing.T) {
	w := newWorld(t)
	ctx, threads := w.owner(t), workflowv1.NewThreadServiceClient(w.conn)
	name := id.New(id.Thread)
	for range 2 { // the same id again is the same thread
		if _, err := threads.CreateThread(ctx, &workflowv1.CreateThreadRequest{Id: name, Title: "Trip"}); err != nil {
			t.Fatal(err)
		}
	}
	said := say(workflowv1.MessageRole_MESSAGE_ROLE_USER, "a", "b", "c")
	said[1].Role = workflowv1.MessageRole_MESSAGE_ROLE_ASSISTANT
	if _, err := threads.AppendMessages(ctx, &workflowv1.AppendMessagesRequest{ThreadId: name, Messages: said}); err != nil {
		t.Fatal(err)
	}
	first, err := threads.ListMessages(ctx, &workflowv1.ListMessagesRequest{ThreadId: name, Size: 2})
	if err != nil || !first.GetMore() || len(first.GetMessages()) != 2 || first.GetMessages()[1].GetRole() != workflowv1.MessageRole_MESSAGE_ROLE_ASSISTANT {
		t.Errorf("the first page is %v, %v", first, err)
	}
	rest, err := threads.ListMessages(ctx, &workflowv1.ListMessagesRequest{ThreadId: name, After: 2})
	if err != nil || rest.GetMore() || len(rest.GetMessages()) != 1 || rest.GetMessages()[0].GetText() != "c" || rest.GetMessages()[0].GetSeq() != 3 {
		t.Errorf("the rest is %v, %v", rest, err)
	}
	list, err := threads.ListThreads(ctx, &workflowv1.ListThreadsRequest{})
	if err != nil || len(list.GetThreads()) != 1 || list.GetThreads()[0].GetLastSeq() != 3 || list.GetThreads()[0].GetTitle() != "Trip" {
		t.Errorf("the list is %v, %v", list, err)
	}
	if _, err := threads.DeleteThread(ctx, &workflowv1.DeleteThreadRequest{Id: name}); err != nil {
		t.Error(err)
	}
	_, err = threads.GetThread(ctx, &workflowv1.GetThreadRequest{Id: name})
	expectCode(t, "a deleted thread", err, codes.NotFound)
}

func TestWhatThreadsRefuse(t *testing.T) {
	w := newWorld(t)
	ctx, threads := w.owner(t), workflowv1.NewThreadServiceClient(w.conn)
	made, err := threads.CreateThread(ctx, &workflowv1.CreateThreadRequest{})
	if err != nil {
		t.Fatal(err)
	}
	name := made.GetThread().GetId()
	user := workflowv1.MessageRole_MESSAGE_ROLE_USER
	for field, messages := range map[string][]*workflowv1.ThreadMessage{
		"messages": nil, "/messages/0/role": say(0, "x"), "/messages/1/text": say(user, "x", ""), "/messages/0/text": say(user, strings.Repeat("x", 64<<10+1)),
	} {
		_, err := threads.AppendMessages(ctx, &workflowv1.AppendMessagesRequest{ThreadId: name, Messages: messages})
		if expectCode(t, field, err, codes.InvalidArgument); violated(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err = threads.CreateThread(ctx, &workflowv1.CreateThreadRequest{Id: "x"})
	expectCode(t, "a wrong id", err, codes.InvalidArgument)
	storetest.Exec(t, w.pool, w.workspace, `UPDATE threads SET last_seq = 9999`)
	_, err = threads.AppendMessages(ctx, &workflowv1.AppendMessagesRequest{ThreadId: name, Messages: say(user, "x", "y")})
	expectCode(t, "more messages than a thread may have", err, codes.FailedPrecondition)
}

func TestAThreadWithARunStays(t *testing.T) {
	w := newLivingWorld(t)
	b := furnish(t, w)
	threads := workflowv1.NewThreadServiceClient(w.conn)
	_, err := threads.DeleteThread(w.owner(t), &workflowv1.DeleteThreadRequest{Id: b.thread})
	expectCode(t, "a thread whose run waits", err, codes.FailedPrecondition)
	start := func(policy workflowv1.ThreadPolicy) (*workflowv1.StartRunResponse, error) {
		return w.runs.StartRun(w.owner(t), &workflowv1.StartRunRequest{WorkflowId: b.workflow, ThreadId: b.thread, ThreadPolicy: policy})
	}
	_, err = start(workflowv1.ThreadPolicy_THREAD_POLICY_UNSPECIFIED)
	expectCode(t, "a second run", err, codes.FailedPrecondition)
	queued, err := start(workflowv1.ThreadPolicy_THREAD_POLICY_ENQUEUE)
	if err != nil || queued.GetRun().GetStatus() != workflowv1.RunStatus_RUN_STATUS_QUEUED || queued.GetRun().GetThreadId() != b.thread {
		t.Errorf("a queued run is %v, %v", queued, err)
	}
	found, err := threads.GetThread(w.owner(t), &workflowv1.GetThreadRequest{Id: b.thread})
	if err != nil || fmt.Sprint(found.GetThread().GetRunIds()) != fmt.Sprint([]string{b.run, queued.GetRun().GetId()}) {
		t.Errorf("the thread's runs are %v, %v", found, err)
	}
}
