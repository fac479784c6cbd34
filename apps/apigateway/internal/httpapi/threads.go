package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Thread is one conversation, over many runs.
type Thread struct {
	ID                string     `json:"id" example:"thr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Title             string     `json:"title"`
	LastSeq           int64      `json:"last_seq" doc:"Number of the newest message."`
	Summary           string     `json:"summary,omitempty" doc:"What was said up to and with message summarized_through, in short. Left out of lists."`
	SummarizedThrough int64      `json:"summarized_through,omitempty"`
	Runs              []string   `json:"runs" nullable:"false" doc:"The runs of the thread that have not ended, the one under way first."`
	CreatedAt         *time.Time `json:"created_at"`
	CreatedBy         *Actor     `json:"created_by"`
	UpdatedAt         *time.Time `json:"updated_at" doc:"When the newest message was added."`
}

func thread(t *workflowv1.Thread) Thread {
	return Thread{
		ID: t.GetId(), Title: t.GetTitle(), LastSeq: t.GetLastSeq(), Summary: t.GetSummary(), SummarizedThrough: t.GetSummarizedThrough(),
		Runs:      mapped(t.GetRunIds(), func(run string) string { return run }),
		CreatedAt: moment(t.GetCreated().GetTime()), CreatedBy: actor(t.GetCreated()), UpdatedAt: moment(t.GetUpdateTime()),
	}
}

// ThreadPath names a thread.
type ThreadPath struct {
	ID string `path:"id" maxLength:"64" example:"thr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

// ThreadRequest asks for a thread.
type ThreadRequest struct {
	Title string `json:"title,omitempty" maxLength:"200" doc:"For people."`
}

type threadOutput struct {
	Location string `header:"Location" doc:"Where the thread is."`
	Body     Thread
}

func (s *Server) threads() {
	tag := "Threads"
	register(s, operation{
		id: "create-thread", method: http.MethodPost, path: "/v1/threads", tag: tag, summary: "Create a thread",
		detail: "A run that names it goes on with its conversation.",
		access: may(identity.MemoryWrite), status: http.StatusCreated, example: map[string]any{"title": "Trip to Lisbon"},
	}, s.createThread)
	register(s, operation{
		id: "list-threads", method: http.MethodGet, path: "/v1/threads", tag: tag, summary: "List threads, the newest first", access: may(identity.MemoryRead),
	}, s.listThreads)
	register(s, operation{
		id: "get-thread", method: http.MethodGet, path: "/v1/threads/{id}", tag: tag, summary: "Get a thread",
		access: may(identity.MemoryRead), errors: []int{http.StatusNotFound},
	}, s.getThread)
	register(s, operation{
		id: "delete-thread", method: http.MethodDelete, path: "/v1/threads/{id}", tag: tag, summary: "Delete a thread with its messages",
		detail: "409 while a run of it has not ended.",
		access: may(identity.MemoryWrite), errors: []int{http.StatusNotFound, http.StatusConflict},
	}, s.deleteThread)
	s.messages(tag)
}

func (s *Server) createThread(ctx context.Context, in *struct{ Body ThreadRequest }) (*threadOutput, error) {
	answer, err := s.engine.Threads.CreateThread(ctx, &workflowv1.CreateThreadRequest{Id: idempotency.NewID(ctx, id.Thread), Title: in.Body.Title})
	if err != nil {
		return nil, err
	}
	created := answer.GetThread()
	return &threadOutput{Location: "/v1/threads/" + created.GetId(), Body: thread(created)}, nil
}

func (s *Server) listThreads(ctx context.Context, in *Paging) (*listOutput[Thread], error) {
	answer, err := s.engine.Threads.ListThreads(ctx, &workflowv1.ListThreadsRequest{Page: in.proto()})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetThreads(), answer.GetNextToken(), thread), nil
}

func (s *Server) getThread(ctx context.Context, in *ThreadPath) (*struct{ Body Thread }, error) {
	answer, err := s.engine.Threads.GetThread(ctx, &workflowv1.GetThreadRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Thread }{thread(answer.GetThread())}, nil
}

func (s *Server) deleteThread(ctx context.Context, in *ThreadPath) (*struct{}, error) {
	_, err := s.engine.Threads.DeleteThread(ctx, &workflowv1.DeleteThreadRequest{Id: in.ID})
	return nil, err
}
