//go:build live

package reliability_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// client asks the API with one key. It repeats what the API says may be repeated, and nothing else.
type client struct {
	t    *testing.T
	base string
	key  string
	http *http.Client

	cut      atomic.Int64 // requests whose connection broke, and were repeated
	deferred atomic.Int64 // requests that were told to come back later, and did
}

func newHTTP() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) String() string { return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body)) }

// code is a problem's.
func (a *answer) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal(a.body, &problem) // no problem has no code
	return problem.Code
}

// once sends one request.
func (c *client) once(ctx context.Context, method, path, repeat string, body []byte) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if repeat != "" {
		r.Header.Set("Idempotency-Key", repeat)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, response.Header, text}, nil
}

// send repeats a request with the same Idempotency-Key until it is answered for good: after a broken connection, a 503, a
// 504, a 429, or while the first try is in flight.
func (c *client) send(ctx context.Context, method, path string, body any) (*answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	repeat := ""
	if method == http.MethodPost {
		repeat = uuid.NewString()
	}
	for {
		got, err := c.once(ctx, method, path, repeat, text)
		var pause time.Duration
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s %s: %w; the last answer was %v, %w", method, path, ctx.Err(), got, err)
		case err != nil:
			c.cut.Add(1)
			pause = 100 * time.Millisecond
		case got.status == http.StatusServiceUnavailable, got.status == http.StatusGatewayTimeout, got.status == http.StatusTooManyRequests, got.code() == "idempotency_in_flight":
			c.deferred.Add(1)
			pause = retryAfter(got)
		default:
			return got, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func retryAfter(a *answer) time.Duration {
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil {
		return time.Second
	}
	return time.Duration(seconds) * time.Second
}

// create fails the test if the answer is another than 201; it belongs to the test's own goroutine.
func (c *client) create(path string, body, into any) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	got, err := c.send(ctx, http.MethodPost, path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if got.status != http.StatusCreated {
		c.t.Fatalf("POST %s answered %s", path, got)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		c.t.Fatalf("POST %s: %v in %s", path, err, got)
	}
}

// publish stores a document and publishes it.
func (c *client) publish(document string) (workflow string) {
	c.t.Helper()
	var created struct{ ID string }
	c.create("/v1/workflows", json.RawMessage(document), &created)
	c.create("/v1/workflows/"+created.ID+":publish", map[string]any{}, nil)
	return created.ID
}

// startRun gives the run's id once the API has accepted it.
func (c *client) startRun(ctx context.Context, workflow string, inputs any) (string, error) {
	got, err := c.send(ctx, http.MethodPost, "/v1/runs", map[string]any{"workflow": workflow, "inputs": inputs})
	if err != nil {
		return "", err
	}
	var run struct{ ID string }
	if got.status != http.StatusAccepted {
		return "", fmt.Errorf("a run was not started: %s", got)
	}
	return run.ID, json.Unmarshal(got.body, &run)
}

// run starts a run from the test's own goroutine.
func (c *client) run(workflow string, inputs any) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	id, err := c.startRun(ctx, workflow, inputs)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}
