package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc/status"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// authoringStream passes the events of a model's writing on, to its end. Nothing can take a stream up again, so one that was cut
// is ended as cut: its Idempotency-Key then stays free for another try.
func (s *Server) authoringStream(r *http.Request, w http.ResponseWriter, first *workflowv1.AuthoringEvent, receive func() (*workflowv1.AuthoringEvent, error)) {
	out := frames{w: w, connection: http.NewResponseController(w)}
	w.Header().Set("Content-Type", eventStream)
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	events, ended := received(r.Context(), first, receive)
	err := passOn(r.Context(), &out, events, ended)
	if err == nil {
		return
	}
	if r.Context().Err() == nil {
		s.log.WarnContext(r.Context(), "writing by a model was cut", "error", err)
		_ = out.send(authoringFrame(cutEvent(err)))
	}
	panic(http.ErrAbortHandler)
}

// received gives the engine's events one by one, and how they ended: with io.EOF if that is all.
func received(ctx context.Context, first *workflowv1.AuthoringEvent, receive func() (*workflowv1.AuthoringEvent, error)) (<-chan *workflowv1.AuthoringEvent, <-chan error) {
	events, ended := make(chan *workflowv1.AuthoringEvent), make(chan error, 1)
	go func() {
		for event, err := first, error(nil); ; event, err = receive() {
			if err != nil {
				ended <- err
				return
			}
			select {
			case events <- event:
			case <-ctx.Done(): // the stream ends with it
			}
		}
	}()
	return events, ended
}

// passOn returns when there is no more, or when the client does not take what it is sent.
func passOn(ctx context.Context, out *frames, events <-chan *workflowv1.AuthoringEvent, ended <-chan error) error {
	quiet := time.NewTicker(heartbeat)
	defer quiet.Stop()
	for {
		var err error
		select {
		case event := <-events:
			err = out.send(authoringFrame(event))
			quiet.Reset(heartbeat)
		case <-quiet.C:
			err = out.send([]byte(": keep-alive\n\n"))
		case err = <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

func authoringFrame(e *workflowv1.AuthoringEvent) []byte {
	frame := append([]byte("event: "), e.GetType()...)
	frame = append(frame, "\ndata: "...)
	return append(appendLine(frame, e.GetDataJson()), "\n\n"...)
}

// cutEvent says what an engine that failed could not.
func cutEvent(err error) *workflowv1.AuthoringEvent {
	p := engineProblem(status.Convert(err))
	data, _ := json.Marshal(map[string]string{"code": p.Code, "message": p.Detail}) //nolint:errchkjson // texts: it cannot fail
	return &workflowv1.AuthoringEvent{Type: "failed", DataJson: string(data)}
}
