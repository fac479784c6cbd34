package grpcapi

import (
	"context"

	"google.golang.org/grpc"

	"github.com/agentteam/agentteam/apps/workflow/internal/feed"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Bounds of a poller's page.
const (
	defaultEvents = 100
	maxEvents     = 1_000
	maxPageBytes  = 2 << 20 // of the large fields of a list's page, which ends earlier above it
)

// ListRunEvents gives recorded events for pollers.
func (r *Runs) ListRunEvents(ctx context.Context, request *workflowv1.ListRunEventsRequest) (*workflowv1.ListRunEventsResponse, error) {
	caller, ctx, err := existing(ctx, request.GetRunId())
	if err != nil {
		return nil, err
	}
	if err := checkAfter(request.GetAfter()); err != nil {
		return nil, err
	}
	head, err := r.store.Head(ctx, caller.Workspace, request.GetRunId())
	if err != nil {
		return nil, err
	}
	if request.GetAfter() > head.LastSeq {
		return nil, feed.Ahead(request.GetRunId(), request.GetAfter(), head.LastSeq)
	}
	bounds := store.PageBounds{Rows: eventLimit(request.GetLimit()), Bytes: maxPageBytes}
	page, err := r.store.Events(ctx, caller.Workspace, request.GetRunId(), request.GetAfter(), bounds)
	if err != nil {
		return nil, err
	}
	newest := request.GetAfter()
	if n := len(page.Events); n > 0 {
		newest = page.Events[n-1].Seq
	}
	return &workflowv1.ListRunEventsResponse{
		Events: eventMessages(page.Events),
		Done:   head.Ended && newest == head.LastSeq, // not after it: then the run was retried meanwhile
	}, nil
}

// StreamRunEvents sends events as they come, until the run's last.
func (r *Runs) StreamRunEvents(request *workflowv1.StreamRunEventsRequest, stream grpc.ServerStreamingServer[workflowv1.StreamRunEventsResponse]) error {
	caller, ctx, err := existing(stream.Context(), request.GetRunId())
	if err != nil {
		return err
	}
	if err := checkAfter(request.GetAfter()); err != nil {
		return err
	}
	return r.feed.Follow(ctx, caller.Workspace, request.GetRunId(), request.GetAfter(), func(events []store.Event) error {
		return stream.Send(&workflowv1.StreamRunEventsResponse{Events: eventMessages(events)})
	})
}

func checkAfter(after int64) error {
	if after < 0 {
		return refuse("after", "out_of_range", "after must be 0 or the number of an event, got %d", after)
	}
	return nil
}

func eventLimit(requested int32) int {
	if requested <= 0 {
		return defaultEvents
	}
	return min(int(requested), maxEvents)
}
