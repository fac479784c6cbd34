package sampleserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/sampleserver"
)

func TestServer(t *testing.T) {
	server := sampleserver.New()
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/pages?topic=durable%20execution", "", 200, `{"pages":[{"id":"durable-execution","title":"Durable execution"}]}`},
		{"GET", "/pages?topic=the%20moon", "", 200, `"id":"retries"`},
		{"GET", "/pages/budgets", "", 200, `"text":"Every model call reserves`},
		{"GET", "/pages/none", "", 404, "no such page"},
		{"GET", "/flaky/a?fails=2", "", 503, "failure 1 of 2"},
		{"GET", "/flaky/b?fails=0", "", 200, `"attempt":1`},
		{"GET", "/flaky/a?fails=2", "", 503, "failure 2 of 2"},
		{"GET", "/flaky/a?fails=2", "", 200, `"attempt":3`},
		{"GET", "/flaky/a?fails=many", "", 400, "from 0 to 100"},
		{"GET", "/flaky/a?fails=101", "", 400, "from 0 to 100"},
		{"POST", "/deliveries", `{"a": 1}`, 201, `{"id":1}`},
		{"POST", "/deliveries", `[]`, 201, `{"id":2}`},
		{"POST", "/deliveries", `{`, 400, "send JSON"},
		{"POST", "/deliveries", `"` + strings.Repeat("x", 1<<20) + `"`, 400, "1048576 bytes"},
		{"GET", "/deliveries", "", 200, `{"deliveries":[{"id":1,"body":{"a":1}},{"id":2,"body":[]}]}`},
		{"PUT", "/deliveries", "", 405, ""},
	} {
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, httptest.NewRequest(step.method, step.path, strings.NewReader(step.body)))
		if answer.Code != step.status || !strings.Contains(answer.Body.String(), step.want) {
			t.Errorf("%s %s answers %d %s, want %d %s", step.method, step.path, answer.Code, answer.Body, step.status, step.want)
		}
	}
}

func TestServerKeepsOnlySoMuch(t *testing.T) {
	server := sampleserver.New()
	for i := range 1001 {
		name, delivered := httptest.NewRecorder(), httptest.NewRecorder()
		server.ServeHTTP(name, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/flaky/n%d?fails=0", i), nil))
		server.ServeHTTP(delivered, httptest.NewRequest(http.MethodPost, "/deliveries", strings.NewReader("1")))
		full := i == 1000
		if (name.Code == http.StatusInsufficientStorage) != full || (delivered.Code == http.StatusInsufficientStorage) != full {
			t.Fatalf("number %d: %d, %d", i, name.Code, delivered.Code)
		}
	}
}
