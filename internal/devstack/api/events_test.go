package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// breaking serves a run of five events over connections that break after two each.
func breaking(t *testing.T) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer key" || r.URL.Path != "/v1/runs/run_1/events" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"status": 404, "code": "not_found", "detail": "no such run", "request_id": "r"}`)
			return
		}
		last := 0
		_, _ = fmt.Sscan(r.Header.Get("Last-Event-ID"), &last) // absent at first
		for seq := last + 1; seq <= min(last+2, 5); seq++ {
			kind := "log"
			if seq == 5 {
				kind = "done"
			}
			fmt.Fprintf(w, ": heartbeat\nretry: 1000\nid: %d\nevent: %s\ndata: {\"seq\": %d, \"type\": %q, \"data\": {\"a\": 1}}\n\n", seq, kind, seq, kind)
		}
	}))
	t.Cleanup(server.Close)
	return New(server.URL, "key")
}

func TestFollowGoesOnWhereItWas(t *testing.T) {
	var seen []int64
	err := breaking(t).Follow(t.Context(), "run_1", func(e Event) error {
		seen = append(seen, e.Seq)
		return nil
	})
	if err != nil || !slices.Equal(seen, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("saw %v, %v", seen, err)
	}
}

func TestFollowEndsWithItsReaderAndWithRefusals(t *testing.T) {
	client, enough := breaking(t), errors.New("enough")
	if err := client.Follow(t.Context(), "run_1", func(Event) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the reader's error became %v", err)
	}
	err := client.Follow(t.Context(), "run_2", func(Event) error { return nil })
	var problem *Problem
	if !errors.As(err, &problem) || problem.Code != "not_found" || !strings.Contains(err.Error(), "GET /v1/runs/run_2/events answered 404 not_found: no such run") {
		t.Errorf("a refusal became %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	client.URL = "http://127.0.0.1:1"
	if err := client.Follow(ctx, "run_1", func(Event) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a gateway: %v", err)
	}
}

func TestFollowNoticesAGap(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "data: {\"seq\": 1}\n\ndata: {\"seq\": 3}\n\n")
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	got := 0
	err := New(server.URL, "key").Follow(ctx, "run_1", func(Event) error { got++; return nil })
	if err == nil || !strings.Contains(err.Error(), "there is a gap") || got != 1 {
		t.Errorf("after %d events: %v", got, err)
	}
}

func FuzzReadEvents(f *testing.F) {
	for _, seed := range []string{"", "data: {}\n\n", "data:{\"seq\":1}\r\n\r\n", ": c\nid: 1\nevent: x\ndata: {\"seq\":1,\"type\":\"done\"}\n\n", "data: nope\n", "data: {\"seq\": \"1\"}\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		seen := 0
		err := readEvents(strings.NewReader(text), func(Event) error { seen++; return nil })
		if err == nil {
			t.Error("a stream that ends is not complete, and must give an error")
		}
		if seen > strings.Count(text, "data:") {
			t.Errorf("%d events from %q", seen, text)
		}
	})
}
