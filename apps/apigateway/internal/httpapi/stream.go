package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/telemetry"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// How a stream is kept alive, and what ends it.
const (
	heartbeat    = 10 * time.Second // proxies hang up after 30-60 s without a byte
	writeLimit   = 15 * time.Second // for a client to take what it was sent
	streamAge    = time.Hour        // then the client comes back with its token, which may have been taken away
	maxStreams   = 5000             // at once, in this process
	keptCapacity = 64 << 10         // of a stream's buffer between events
)

// stream sends a run's events until the run has ended, the client is gone or too slow, or this process leaves. In each
// case the client can go on from the last id it saw.
func (s *Server) stream(r *http.Request, w http.ResponseWriter, run string, after int64) {
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		p := newProblem(http.StatusServiceUnavailable, codeUnavailable, "too many event streams are open; poll with after= or come back")
		p.retryAfter = retryUnavailable
		p.write(w, r)
		return
	}
	defer s.streams.Add(-1)
	ctx, cancel := context.WithTimeout(telemetry.WithRun(r.Context(), run), streamAge)
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()

	out := frames{w: w, connection: http.NewResponseController(w)}
	header := w.Header()
	header.Set("Content-Type", eventStream)
	header.Set("X-Accel-Buffering", "no") // asks proxies not to hold events back
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead || out.send([]byte("retry: 1000\n\n")) != nil {
		return
	}
	s.pump(ctx, &out, run, after)
}

// pump carries events from the engine to the client, one batch at a time: a slow client slows its engine's stream down,
// and holds one batch in memory.
func (s *Server) pump(ctx context.Context, out *frames, run string, after int64) {
	ctx, cancel := context.WithCancel(ctx)
	batches, ended := make(chan []*workflowv1.RunEvent), make(chan error, 1)
	go func() {
		ended <- s.engine.Follow(ctx, run, after, func(batch []*workflowv1.RunEvent) error {
			select {
			case batches <- batch:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	relay(ctx, out, batches, ended)
	leaving := ctx.Err() != nil
	cancel()
	if err := <-ended; err != nil && !leaving && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(ctx, "event stream given up", "error", err)
	}
}

// relay returns when the engine has no more, when the client does not take what it is sent, or with the context. What
// came of the engine's side stays in ended.
func relay(ctx context.Context, out *frames, batches <-chan []*workflowv1.RunEvent, ended chan error) {
	quiet := time.NewTicker(heartbeat)
	defer quiet.Stop()
	for {
		var err error
		select {
		case batch := <-batches:
			err = out.events(batch)
			quiet.Reset(heartbeat)
		case <-quiet.C:
			err = out.send([]byte(": keep-alive\n\n"))
		case result := <-ended:
			ended <- result
			return
		case <-ctx.Done():
			return
		}
		if err != nil {
			return // the client is gone, or took too long
		}
	}
}

// frames writes server-sent events, as the HTML standard describes them.
type frames struct {
	w          http.ResponseWriter
	connection *http.ResponseController
	buffer     []byte
}

func (f *frames) events(batch []*workflowv1.RunEvent) error {
	f.buffer = f.buffer[:0]
	for _, e := range batch {
		f.buffer = appendFrame(f.buffer, e)
	}
	err := f.send(f.buffer)
	if cap(f.buffer) > keptCapacity {
		f.buffer = nil
	}
	return err
}

// send fails if the client does not take the bytes in time, so that a dead one is let go.
func (f *frames) send(bytes []byte) error {
	if err := f.connection.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	if _, err := f.w.Write(bytes); err != nil {
		return err
	}
	return f.connection.Flush()
}
