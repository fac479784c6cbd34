package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// patience is how long and how often a reader whose task is gone asks for another.
type patience struct {
	longest        time.Duration // from the first failure to giving up
	first, slowest time.Duration // pauses between attempts
	healthy        time.Duration // an attempt that lasted so long was no failure from the start
}

func defaultPatience() patience {
	return patience{longest: time.Minute, first: 100 * time.Millisecond, slowest: 2 * time.Second, healthy: 10 * time.Second}
}

// Follow hands over a run's events after a sequence number, in order, without gap or repeat, until the run
// has ended. A task that goes away is replaced by another one from where it was; Follow fails with the last
// error after a minute without any, at once if the run is not there for the caller, and with deliver's own
// error.
func (c *Client) Follow(ctx context.Context, run string, after int64, deliver func([]*workflowv1.RunEvent) error) error {
	f := follower{client: c, run: run, last: after, deliver: deliver}
	outage := outage{patience: c.patience}
	for {
		begun, before := time.Now(), f.last
		err := f.attempt(ctx)
		if err == nil || f.stopped || ctx.Err() != nil || final(err) {
			return err
		}
		c.log.DebugContext(ctx, "event stream lost, taking it up again", "run_id", run, "seq", f.last, "error", err)
		if f.last > before || time.Since(begun) >= c.patience.healthy {
			outage.over()
		}
		if !outage.wait(ctx) {
			return fmt.Errorf("the events of run %s are out of reach: %w", run, err)
		}
	}
}

// outage is a time without a stream.
type outage struct {
	patience
	since time.Time
	pause time.Duration
}

func (o *outage) over() { o.since = time.Time{} }

// wait pauses before the next attempt; false says that there is to be none.
func (o *outage) wait(ctx context.Context) bool {
	if o.since.IsZero() {
		o.since, o.pause = time.Now(), o.first
	}
	if time.Since(o.since) > o.longest {
		return false
	}
	jittered := o.pause/2 + rand.N(o.pause/2) //nolint:gosec // spreads attempts, keeps no secret
	o.pause = min(2*o.pause, o.slowest)
	return sleep(ctx, jittered)
}

// follower is one reader across all of its streams.
type follower struct {
	client  *Client
	run     string
	last    int64 // the newest event that was delivered
	deliver func([]*workflowv1.RunEvent) error
	stopped bool // deliver failed
}

// attempt reads one stream to its end. The engine ends it without an error only after the run's last event.
func (f *follower) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx) // frees the stream if it is left early
	defer cancel()
	stream, err := f.client.Runs.StreamRunEvents(ctx, &workflowv1.StreamRunEventsRequest{RunId: f.run, After: f.last})
	if err != nil {
		return err
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.pass(answer.GetEvents()); err != nil {
			return err
		}
	}
}

// pass drops what was delivered before, and refuses a gap.
func (f *follower) pass(events []*workflowv1.RunEvent) error {
	for len(events) > 0 && events[0].GetSeq() <= f.last {
		events = events[1:]
	}
	for i, event := range events {
		if want := f.last + int64(i) + 1; event.GetSeq() != want {
			return status.Errorf(codes.DataLoss, "event %d follows %d of run %s", event.GetSeq(), want-1, f.run)
		}
	}
	if len(events) == 0 {
		return nil
	}
	if err := f.deliver(events); err != nil {
		f.stopped = true
		return err
	}
	f.last += int64(len(events))
	return nil
}

// final says whether another attempt would fail the same way.
func final(err error) bool {
	switch status.Code(err) {
	case codes.NotFound, codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument, codes.FailedPrecondition, codes.Unimplemented:
		return true
	default:
		return false
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
