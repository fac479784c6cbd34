package grpcapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// maxTitle bounds a thread's title, in characters.
const maxTitle = 200

// Threads is the ThreadService.
type Threads struct {
	workflowv1.UnimplementedThreadServiceServer
	store *store.Store
}

// NewThreads makes the service.
func NewThreads(s *store.Store) *Threads { return &Threads{store: s} }

// CreateThread makes an empty thread.
func (s *Threads) CreateThread(ctx context.Context, request *workflowv1.CreateThreadRequest) (*workflowv1.CreateThreadResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	name := request.GetId()
	if name == "" {
		name = id.New(id.Thread)
	}
	if !id.Valid(id.Thread, name) {
		return nil, refuse("id", "invalid_format", "id must be a thread's id or empty, such as %s", id.New(id.Thread))
	}
	if err := text("title", request.GetTitle(), maxTitle); err != nil {
		return nil, err
	}
	thread, err := s.store.CreateThread(ctx, caller.Workspace, name, request.GetTitle(), store.ActorOf(caller))
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateThreadResponse{Thread: threadMessage(thread)}, nil
}

// GetThread gives a thread with its summary.
func (s *Threads) GetThread(ctx context.Context, request *workflowv1.GetThreadRequest) (*workflowv1.GetThreadResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	thread, err := s.store.Thread(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetThreadResponse{Thread: threadMessage(thread)}, nil
}

// threadList is the kind of the page tokens of ListThreads.
const threadList = "threads"

// ListThreads lists threads without their summaries.
func (s *Threads) ListThreads(ctx context.Context, request *workflowv1.ListThreadsRequest) (*workflowv1.ListThreadsResponse, error) {
	page, next, err := list[store.Thread, *workflowv1.Thread]{
		threadList, s.store.Threads,
		func(one store.Thread) (time.Time, string) { return one.CreatedAt, one.ID }, threadMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListThreadsResponse{Threads: page, NextToken: next}, nil
}

// DeleteThread removes a thread with its messages.
func (s *Threads) DeleteThread(ctx context.Context, request *workflowv1.DeleteThreadRequest) (*workflowv1.DeleteThreadResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &workflowv1.DeleteThreadResponse{}, s.store.DeleteThread(ctx, caller.Workspace, request.GetId())
}

func threadMessage(t store.Thread) *workflowv1.Thread {
	return &workflowv1.Thread{
		Id: t.ID, Title: t.Title, LastSeq: t.LastSeq, Summary: t.Summary, SummarizedThrough: t.Summarized, RunIds: t.Runs,
		Created: actorMessage(t.CreatedBy, t.CreatedAt), UpdateTime: timestamppb.New(t.UpdatedAt),
	}
}
