package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Speech is what somebody says.
type Speech struct {
	Role string `json:"role" enum:"user,assistant"`
	Text string `json:"text" minLength:"1" maxLength:"65536"`
}

// Message is one thing that was said in a thread.
type Message struct {
	Speech
	Seq       int64      `json:"seq" doc:"From 1, without gaps, within a thread."`
	RunID     string     `json:"run_id,omitempty" doc:"The run whose agent added it."`
	Step      string     `json:"step,omitempty" doc:"Path of that agent's step."`
	CreatedAt *time.Time `json:"created_at"`
}

func message(m *workflowv1.ThreadMessage) Message {
	return Message{Speech: Speech{Role: word(m.GetRole()), Text: m.GetText()}, Seq: m.GetSeq(), RunID: m.GetRunId(), Step: m.GetStep(), CreatedAt: moment(m.GetTime())}
}

type messagesOutput struct {
	Body struct {
		Items []Message `json:"items" nullable:"false"`
		More  bool      `json:"more" doc:"There are others: ask again, after the last one's number."`
	}
}

func messagesOf(messages []*workflowv1.ThreadMessage, more bool) *messagesOutput {
	output := &messagesOutput{}
	output.Body.Items, output.Body.More = mapped(messages, message), more
	return output
}

func (s *Server) messages(tag string) {
	register(s, operation{
		id: "list-messages", method: http.MethodGet, path: "/v1/threads/{id}/messages", tag: tag, summary: "List what was said in a thread",
		access: may(identity.MemoryRead), errors: []int{http.StatusNotFound},
	}, s.listMessages)
	register(s, operation{
		id: "append-messages", method: http.MethodPost, path: "/v1/threads/{id}/messages", tag: tag, summary: "Add messages to a thread",
		detail: "Agents with memory add their prompts and answers by themselves; this is for what is said elsewhere.",
		access: may(identity.MemoryWrite), status: http.StatusCreated, errors: []int{http.StatusNotFound},
		example: map[string]any{"messages": []any{map[string]any{"role": "user", "text": "My name is Ada."}}},
	}, s.appendMessages)
}

func (s *Server) listMessages(ctx context.Context, in *struct {
	ThreadPath
	After    int64 `query:"after" minimum:"0" doc:"Only those with a greater number."`
	PageSize int32 `query:"page_size" minimum:"1" maximum:"200" default:"50" doc:"At most so many."`
}) (*messagesOutput, error) {
	answer, err := s.engine.Threads.ListMessages(ctx, &workflowv1.ListMessagesRequest{ThreadId: in.ID, After: in.After, Size: in.PageSize})
	if err != nil {
		return nil, err
	}
	return messagesOf(answer.GetMessages(), answer.GetMore()), nil
}

func (s *Server) appendMessages(ctx context.Context, in *struct {
	ThreadPath
	Body struct {
		Messages []Speech `json:"messages" minItems:"1" maxItems:"100" nullable:"false"`
	}
}) (*messagesOutput, error) {
	request := &workflowv1.AppendMessagesRequest{ThreadId: in.ID}
	for _, said := range in.Body.Messages {
		request.Messages = append(request.Messages, &workflowv1.ThreadMessage{Role: valueOf[workflowv1.MessageRole](said.Role), Text: said.Text})
	}
	answer, err := s.engine.Threads.AppendMessages(ctx, request)
	if err != nil {
		return nil, err
	}
	return messagesOf(answer.GetMessages(), false), nil
}
