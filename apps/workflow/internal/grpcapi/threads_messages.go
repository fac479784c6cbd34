package grpcapi

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// maxAppended bounds the messages of one request.
const maxAppended = 100

// ListMessages lists what was said in a thread.
func (s *Threads) ListMessages(ctx context.Context, request *workflowv1.ListMessagesRequest) (*workflowv1.ListMessagesResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if request.GetAfter() < 0 {
		return nil, refuse("after", "out_of_range", "after must be a message's number, or 0 for all, got %d", request.GetAfter())
	}
	bounds := store.PageBounds{Rows: paging.Size(int(request.GetSize())), Bytes: maxPageBytes}
	messages, more, err := s.store.Messages(ctx, caller.Workspace, request.GetThreadId(), request.GetAfter(), bounds)
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListMessagesResponse{Messages: speeches(messages), More: more}, nil
}

// AppendMessages adds messages at a thread's end.
func (s *Threads) AppendMessages(ctx context.Context, request *workflowv1.AppendMessagesRequest) (*workflowv1.AppendMessagesResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(request.GetMessages()); n < 1 || n > maxAppended {
		return nil, refuse("messages", "out_of_range", "messages must be from 1 to %d, got %d", maxAppended, n)
	}
	said := make([]store.Message, len(request.GetMessages()))
	for i, m := range request.GetMessages() {
		if said[i], err = speechOf(fmt.Sprintf("/messages/%d", i), m); err != nil {
			return nil, err
		}
	}
	messages, err := s.store.AppendMessages(ctx, caller.Workspace, request.GetThreadId(), said)
	if err != nil {
		return nil, err
	}
	return &workflowv1.AppendMessagesResponse{Messages: speeches(messages)}, nil
}

func speechOf(pointer string, m *workflowv1.ThreadMessage) (said store.Message, err error) {
	roles, err := words(pointer+"/role", messageRolePrefix, []workflowv1.MessageRole{m.GetRole()})
	if err != nil {
		return said, err
	}
	if n := len(m.GetText()); n < 1 || n > store.MaxMessage {
		return said, refuse(pointer+"/text", "out_of_range", "text must have from 1 to %d bytes, got %d", store.MaxMessage, n)
	}
	return store.Message{Role: roles[0], Text: m.GetText()}, text(pointer+"/text", m.GetText(), store.MaxMessage)
}

func speeches(messages []store.Message) []*workflowv1.ThreadMessage {
	found := make([]*workflowv1.ThreadMessage, len(messages))
	for i, m := range messages {
		found[i] = &workflowv1.ThreadMessage{
			Seq: m.Seq, Role: workflowv1.MessageRole(number(workflowv1.MessageRole_value, messageRolePrefix, m.Role)),
			Text: m.Text, RunId: m.RunID, Step: m.Step, Time: timestamppb.New(m.CreatedAt),
		}
	}
	return found
}
