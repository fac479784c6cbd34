//go:build live

package reliability_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stream reads a run's events as a browser does: it connects again after a second with the last id it saw. It keeps every event
// that it is sent, so that a gap or a repeat shows.
type stream struct {
	run    string
	client *client
	ended  chan struct{}

	mu         sync.Mutex
	seen       []seen
	last       string
	connected  int
	refusals   []string // answers other than an event stream
	unreadable []string
}

type seen struct {
	seq      int64
	kind     string
	time     time.Time
	received time.Time
}

// follow reads until the event done, or until the test ends.
func (c *client) follow(run string) *stream {
	s := &stream{run: run, client: c, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for c.t.Context().Err() == nil && !s.read(c.t.Context()) {
			time.Sleep(time.Second)
		}
	}()
	return s
}

// read follows one connection, and says whether the stream is over.
func (s *stream) read(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.client.base+"/v1/runs/"+s.run+"/events", nil)
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+s.client.key)
	r.Header.Set("Accept", "text/event-stream")
	s.mu.Lock()
	s.connected++
	if s.last != "" {
		r.Header.Set("Last-Event-ID", s.last)
	}
	s.mu.Unlock()
	response, err := (&http.Client{Transport: s.client.http.Transport}).Do(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNoContent {
		return true
	}
	if response.StatusCode != http.StatusOK {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refusals = append(s.refusals, response.Status)
		return false
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 8<<20)
	id := ""
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), "id: "); found {
			id = value
		}
		if value, found := strings.CutPrefix(lines.Text(), "data: "); found && s.take(id, value) {
			return true
		}
	}
	return false
}

func (s *stream) take(id, data string) (done bool) {
	var event struct {
		Seq  int64
		Type string
		Time time.Time
	}
	err := json.Unmarshal([]byte(data), &event)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || strconv.FormatInt(event.Seq, 10) != id {
		s.unreadable = append(s.unreadable, id+": "+data)
		return false
	}
	s.last = id
	s.seen = append(s.seen, seen{event.Seq, event.Type, event.Time, time.Now()})
	return event.Type == "done"
}

// saw says how many events of a type came so far.
func (s *stream) saw(kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.seen {
		if e.kind == kind {
			n++
		}
	}
	return n
}

// check waits for the end, and verifies.
func (s *stream) check(within time.Duration) {
	t := s.client.t
	t.Helper()
	select {
	case <-s.ended:
	case <-time.After(within):
		s.mu.Lock()
		defer s.mu.Unlock()
		t.Fatalf("the stream of run %s did not end within %v: %d events, the last is %s, %d connections, refusals %v", s.run, within, len(s.seen), s.last, s.connected, s.refusals)
	}
	s.verify()
}

// verify demands, after the end, every event once and in order.
func (s *stream) verify() {
	t := s.client.t
	t.Helper()
	for i, e := range s.seen {
		if e.seq != int64(i)+1 {
			t.Errorf("event %d of the stream of run %s has seq %d (%s)", i+1, s.run, e.seq, e.kind)
			return
		}
	}
	if len(s.unreadable) > 0 {
		t.Errorf("the stream of run %s sent what is no event: %v", s.run, s.unreadable)
	}
}

// delay is the longest time from an event's being recorded until it came here, among those recorded after a moment.
func (s *stream) delay(since time.Time) (longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.seen {
		if e.time.After(since) {
			longest = max(longest, e.received.Sub(e.time))
		}
	}
	return longest
}
