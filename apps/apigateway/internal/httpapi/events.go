package httpapi

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	eventStream  = "text/event-stream"
	maxWait      = 30 // seconds that a poller may wait
	eventsAtOnce = 1000
)

// eventsInput asks for a stream, or for a page.
type eventsInput struct {
	RunPath
	Accept      string `header:"Accept" example:"text/event-stream" doc:"application/json asks for a page instead of a stream."`
	LastEventID string `header:"Last-Event-ID" doc:"Where the reader was: only what came after is sent."`
	LastID      string `query:"last_event_id" doc:"As Last-Event-ID, for readers that cannot set headers."`
	After       string `query:"after" doc:"Asks for a page of what came after this number. 0 is the beginning."`
	Limit       int32  `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Of a page: at most so many."`
	Wait        int    `query:"wait" minimum:"0" maximum:"30" doc:"Of a page: wait up to so many seconds for an event if there is none."`
}

// EventPage is what pollers get.
type EventPage struct {
	Items     []Event `json:"items" nullable:"false"`
	NextAfter string  `json:"next_after" example:"17" doc:"What to ask for next, as after."`
	Done      bool    `json:"done" doc:"Whether the run has ended and these events reach its end."`
}

type eventsOutput struct{ Body func(huma.Context) }

func (s *Server) events() {
	register(s, operation{
		id: "list-run-events", method: http.MethodGet, path: "/v1/runs/{id}/events", tag: "Runs", summary: "Follow a run's events",
		detail: "Server-sent events: `id` is the event's number, `event` its type, `data` a JSON object. The stream says `retry`, sends a comment every " +
			heartbeat.String() + " when there is nothing else to send, goes on exactly where Last-Event-ID says, and ends after `done`. A reader of an " +
			"ended run who has everything gets 204, which ends an EventSource. With Accept: application/json, or with `after`, the answer is a page for pollers.",
		access: may(identity.RunsRead), deadline: -1, errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, s.runEvents)
	described := operationOf(s.api.OpenAPI(), http.MethodGet, "/v1/runs/{id}/events")
	page := huma.SchemaFromType(s.api.OpenAPI().Components.Schemas, reflect.TypeFor[EventPage]())
	described.Responses["200"].Content = map[string]*huma.MediaType{
		eventStream:        {Schema: &huma.Schema{Type: huma.TypeString}, Example: "retry: 1000\n\nid: 1\nevent: run.queued\ndata: {\"seq\":1,\"type\":\"run.queued\",…}\n\n"},
		"application/json": {Schema: page},
	}
	described.Responses["204"] = &huma.Response{Description: "The run has ended and the reader has everything."}
}

func (s *Server) runEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	after, err := in.position()
	if err != nil {
		return nil, err
	}
	if in.page() {
		return s.eventPage(ctx, in, after)
	}
	return s.eventStream(ctx, in.ID, after)
}

// page says whether JSON is wanted: by its name, or by the parameter that only a page has.
func (in *eventsInput) page() bool {
	if strings.Contains(in.Accept, eventStream) {
		return false
	}
	return in.After != "" || strings.Contains(in.Accept, "application/json")
}

// position is where the reader is. The header is newer than the query of a URL that a browser opens again and again.
func (in *eventsInput) position() (int64, error) {
	for _, given := range []struct{ name, text string }{
		{"Last-Event-ID", in.LastEventID}, {"after", in.After}, {"last_event_id", in.LastID},
	} {
		if given.text == "" {
			continue
		}
		seq, err := parseSeq(given.text)
		if err != nil {
			p := newProblem(http.StatusBadRequest, codeBadRequest, given.name+" "+err.Error())
			p.Errors = []ProblemItem{{Parameter: given.name, Message: err.Error(), Code: "invalid_value"}}
			return 0, p
		}
		return seq, nil
	}
	return 0, nil
}

// eventPage answers at once if there is something, else after the first event or the wait.
func (s *Server) eventPage(ctx context.Context, in *eventsInput, after int64) (*eventsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(in.Wait)*time.Second+requestDeadline)
	defer cancel()
	request := &workflowv1.ListRunEventsRequest{RunId: in.ID, After: after, Limit: in.Limit}
	answer, err := s.engine.Runs.ListRunEvents(ctx, request)
	if err == nil && in.Wait > 0 && len(answer.GetEvents()) == 0 && !answer.GetDone() {
		s.awaitEvent(ctx, in.ID, after, time.Duration(in.Wait)*time.Second)
		answer, err = s.engine.Runs.ListRunEvents(ctx, request)
	}
	if err != nil {
		return nil, err
	}
	page := EventPage{Items: mapped(answer.GetEvents(), event), NextAfter: strconv.FormatInt(after, 10), Done: answer.GetDone()}
	if n := len(page.Items); n > 0 {
		page.NextAfter = strconv.FormatInt(page.Items[n-1].Seq, 10)
	}
	return &eventsOutput{func(ctx huma.Context) { s.writeJSON(ctx, page) }}, nil
}

var errSeen = errors.New("there is an event")

// awaitEvent returns when there is an event, when the wait is over, or when this process leaves. What went wrong the
// second question will tell.
func (s *Server) awaitEvent(ctx context.Context, run string, after int64, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	_ = s.engine.Follow(ctx, run, after, func([]*workflowv1.RunEvent) error { return errSeen })
}

// eventStream asks for the run first, so that a run that is not there gets a problem and not an empty stream.
func (s *Server) eventStream(ctx context.Context, run string, after int64) (*eventsOutput, error) {
	asking, cancel := context.WithTimeout(ctx, requestDeadline)
	defer cancel()
	answer, err := s.engine.Runs.ListRunEvents(asking, &workflowv1.ListRunEventsRequest{RunId: run, After: after, Limit: 1})
	if err != nil {
		return nil, err
	}
	if answer.GetDone() && len(answer.GetEvents()) == 0 {
		return &eventsOutput{func(ctx huma.Context) { ctx.SetStatus(http.StatusNoContent) }}, nil
	}
	return &eventsOutput{func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		s.stream(r, w, run, after)
	}}, nil
}

func (s *Server) writeJSON(ctx huma.Context, body any) {
	ctx.SetHeader("Content-Type", "application/json")
	ctx.SetStatus(http.StatusOK)
	_ = s.api.Marshal(ctx.BodyWriter(), "application/json", body) // a plain struct: it fails only if the client is gone
}
