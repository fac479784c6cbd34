package feed

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// How long a reader pauses between tries while PostgreSQL is away.
const (
	firstPause = 250 * time.Millisecond
	longPause  = 2 * time.Second
)

// lastEvent is the type of the event after which nothing follows, unless the run is retried.
const lastEvent = "done"

// reader is one stream. It holds one page at most, and who sends slowly holds up nobody else.
type reader struct {
	topic   *topic
	after   int64 // what was sent
	ended   bool  // nothing follows, as far as what was sent tells
	since   time.Time
	pause   time.Duration
	send    func([]store.Event) error
	measure *telemetry.Engine
}

func (r *reader) run(ctx context.Context) error {
	for {
		changed, err := r.topic.changes()
		if err != nil {
			return err
		}
		events, err := r.topic.next(ctx, r.after)
		if err == nil && len(events) == 0 && r.ended {
			return nil
		}
		if err := r.turn(ctx, events, err, changed); err != nil {
			return err
		}
	}
}

// turn does what a read calls for: to pause, to send, or to wait for news.
func (r *reader) turn(ctx context.Context, events []store.Event, problem error, changed <-chan struct{}) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case problem != nil && !outage(problem):
		return problem
	case problem != nil:
		return r.rest(ctx)
	case len(events) > 0:
		return r.deliver(ctx, events)
	default:
		return wait(ctx, changed)
	}
}

func (r *reader) deliver(ctx context.Context, events []store.Event) error {
	r.pause = 0
	if err := r.send(events); err != nil {
		return err
	}
	newest := events[len(events)-1]
	r.after, r.ended = newest.Seq, newest.Type == lastEvent
	for _, event := range events {
		if event.Time.After(r.since) { // older ones waited for the reader, not the reader for them
			r.measure.EventDelivered(ctx, time.Since(event.Time))
		}
	}
	return nil
}

// rest pauses longer and longer, and not all readers at the same time.
func (r *reader) rest(ctx context.Context) error {
	r.pause = min(max(2*r.pause, firstPause), longPause)
	timer := time.NewTimer(r.pause/2 + rand.N(r.pause/2)) //nolint:gosec // no secret depends on it
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func wait(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// outage says whether reading failed by what passes; a read that took too long is such a thing.
func outage(err error) bool {
	return database.Unavailable(err) || errors.Is(err, context.DeadlineExceeded)
}
