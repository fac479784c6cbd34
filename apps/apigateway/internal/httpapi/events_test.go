package httpapi_test

import (
	"bufio"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// logged is a run's log from 1 to its end: the last event is done.
func logged(last int64) (events []*workflowv1.RunEvent) {
	at := timestamppb.New(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	for seq := range last {
		events = append(events, &workflowv1.RunEvent{Seq: seq + 1, Type: "log", Step: `a["b"]`, Time: at, DataJson: "{\n\"n\": 1}"})
	}
	events[last-1] = &workflowv1.RunEvent{Seq: last, Type: "done", Time: at, DataJson: `{"status":"completed"}`}
	return events
}

// keep lets the engine list the log.
func (s *script) keep(events []*workflowv1.RunEvent, ended bool) {
	s.on("ListRunEvents", func(request any) (any, error) {
		r := request.(*workflowv1.ListRunEventsRequest)
		page := events[min(int(r.GetAfter()), len(events)):]
		page = page[:min(len(page), int(r.GetLimit()))]
		reached := ended && int(r.GetAfter())+len(page) == len(events)
		return &workflowv1.ListRunEventsResponse{Events: page, Done: reached}, nil
	})
}

func ids(body string) (found []string) {
	for line := range strings.Lines(body) {
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			found = append(found, strings.TrimSpace(id))
		}
	}
	return found
}

func numbers(first, last int) (found []string) {
	for n := first; n <= last; n++ {
		found = append(found, strconv.Itoa(n))
	}
	return found
}

func TestEventsStreamToTheirEndThoughTheirTasksDie(t *testing.T) {
	w := newWorld(t)
	events := logged(30)
	w.engine.keep(events, true)
	var streams atomic.Int64
	w.engine.stream = func(after int64, send func(...*workflowv1.RunEvent) error) error {
		streams.Add(1)
		rest := events[after:]
		if len(rest) > 7 {
			_ = send(rest[:7]...)
			return status.Error(codes.Unavailable, "going away")
		}
		return send(rest...)
	}
	for name, c := range map[string]struct {
		path, header string
		first        int
	}{
		"from the beginning":       {"/v1/runs/run_1/events", "", 1},
		"by the header":            {"/v1/runs/run_1/events?last_event_id=3", "Last-Event-ID: 17", 18},
		"by the query":             {"/v1/runs/run_1/events?last_event_id=17", "", 18},
		"as a stream though after": {"/v1/runs/run_1/events?after=29", "Accept: text/event-stream", 30},
	} {
		got := w.ask(t, "GET", c.path, "", orNone(c.header))
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/event-stream" || !slices.Equal(ids(got.body), numbers(c.first, 30)) || !strings.HasPrefix(got.body, "retry: 1000\n\n") {
			t.Errorf("%s: %d %v", name, got.status, ids(got.body))
		}
	}
	if streams.Load() < 8 {
		t.Errorf("only %d streams: the deaths were not felt", streams.Load())
	}
	body := w.ask(t, "GET", "/v1/runs/run_1/events?last_event_id=28", "").body
	want := "id: 29\nevent: log\ndata: {\"seq\":29,\"type\":\"log\",\"step\":\"a[\\\"b\\\"]\",\"time\":\"2026-11-22T10:00:00Z\",\"data\":{ \"n\": 1}}\n\n"
	if !strings.Contains(body, want) {
		t.Errorf("want %q in %q", want, body)
	}
	if got := w.ask(t, "GET", "/v1/runs/run_1/events", "", "Last-Event-ID: 30"); got.status != http.StatusNoContent {
		t.Errorf("who has everything gets %d", got.status)
	}
}

func TestEventsArriveAsTheyCome(t *testing.T) {
	w := newWorld(t)
	events := logged(3)
	w.engine.keep(nil, false)
	next := make(chan struct{})
	w.engine.stream = func(after int64, send func(...*workflowv1.RunEvent) error) error {
		for _, e := range events[after:] {
			<-next
			if err := send(e); err != nil {
				return err
			}
		}
		return nil
	}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/v1/runs/run_1/events", nil)
	request.Header.Set("Authorization", "Bearer "+w.keys[identity.Viewer])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for i := range events {
		next <- struct{}{} // only then the engine has the event
		for more := true; more && !strings.HasPrefix(lines.Text(), "id: "+strconv.Itoa(i+1)); {
			more = lines.Scan()
		}
		if lines.Text() != fmt.Sprintf("id: %d", i+1) {
			t.Fatalf("got %q", lines.Text())
		}
	}
}

func TestStreamsEndWithTheProcess(t *testing.T) {
	w := newWorld(t)
	w.engine.keep(nil, false)
	waiting := make(chan struct{})
	w.engine.stream = func(int64, func(...*workflowv1.RunEvent) error) error {
		close(waiting)
		<-t.Context().Done()
		return nil
	}
	ended := make(chan answer, 1)
	go func() { ended <- w.ask(t, "GET", "/v1/runs/run_1/events", "") }()
	<-waiting
	if err := w.stopped(); err != nil {
		t.Errorf("the drain: %v", err)
	}
	if got := <-ended; got.status != http.StatusOK { // ask fails the test for a cut body
		t.Errorf("%+v", got)
	}
}

func TestPollersGetPagesAndMayWait(t *testing.T) {
	w := newWorld(t)
	events := logged(5)
	w.engine.keep(events, true)
	got := w.ask(t, "GET", "/v1/runs/run_1/events?after=1&limit=2", "").json(t)
	if len(got["items"].([]any)) != 2 || got["next_after"] != "3" || got["done"] != false {
		t.Errorf("%v", got)
	}
	got = w.ask(t, "GET", "/v1/runs/run_1/events", "", "Accept: application/json").json(t)
	if len(got["items"].([]any)) != 5 || got["next_after"] != "5" || got["done"] != true {
		t.Errorf("%v", got)
	}
	w.engine.keep(events[:4], false)
	w.engine.stream = func(_ int64, send func(...*workflowv1.RunEvent) error) error {
		w.engine.keep(events, true) // the event is committed while the poller waits
		return send(events[4])
	}
	start := time.Now()
	got = w.ask(t, "GET", "/v1/runs/run_1/events?after=4&wait=30", "").json(t)
	if len(got["items"].([]any)) != 1 || got["done"] != true || time.Since(start) > 20*time.Second {
		t.Errorf("after %s: %v", time.Since(start), got)
	}
}

func TestARunThatIsNotThereIsAProblemAndNoStream(t *testing.T) {
	w := newWorld(t)
	w.engine.on("ListRunEvents", func(any) (any, error) { return nil, status.Error(codes.NotFound, "there is no run run_2") })
	wellFormed(t, "stream", w.ask(t, "GET", "/v1/runs/run_2/events", ""), 404, "not_found")
	wellFormed(t, "page", w.ask(t, "GET", "/v1/runs/run_2/events?after=0", ""), 404, "not_found")
}
