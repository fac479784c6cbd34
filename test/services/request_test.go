//go:build live

package services_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// answer is what came back, read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request as it is given: a nil client has no key. It asks again when that was too early.
func ask(t *testing.T, c *api.Client, method, path string, body []byte, header http.Header) answer {
	t.Helper()
	for {
		got := send(t, c, method, path, body, header)
		if got.status != http.StatusTooManyRequests {
			return got
		}
		seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
		if err != nil {
			t.Fatalf("%s %s: when to come back is not said in %v", method, path, got.header)
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

func send(t *testing.T, c *api.Client, method, path string, body []byte, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, stack.Gateway+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header.Clone()
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c != nil {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

// code is the problem's code; empty if the answer is no problem as RFC 9457 has them, with the request's id.
func (a answer) code() string {
	var problem api.Problem
	if json.Unmarshal([]byte(a.body), &problem) != nil || problem.Status != a.status || problem.RequestID == "" ||
		a.header.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	return problem.Code
}

// publish makes a workflow with one version and gives its id.
func publish(t *testing.T, c *api.Client, document string) string {
	t.Helper()
	published, err := c.Publish(t.Context(), []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return published.ID
}

// start starts a run of the newest version and gives its id.
func start(t *testing.T, c *api.Client, workflow, inputs string) string {
	t.Helper()
	run, err := c.Start(t.Context(), workflow, json.RawMessage(inputs))
	if err != nil {
		t.Fatal(err)
	}
	return run.ID
}
