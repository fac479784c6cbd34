package smoke_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/smoke"
)

// The real services are tried in test/services. Here is a gateway with one fault, which no real one has, so that each check is seen to fail.

type gateway struct {
	fault   string
	version []string // one for each answer, the last for ever
	deleted bool
	inputs  struct{ Words []string }
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := r.Method + " " + r.URL.Path
	if at == g.fault {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"status": 503, "code": "dependency_unavailable", "detail": "away", "request_id": "r1"}`)
		return
	}
	known := r.Header.Get("Authorization") == "Bearer atk_good" || g.fault == "open to all"
	if strings.HasPrefix(r.URL.Path, "/v1") && !known {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g.answer(w, r, at)
}

func (g *gateway) answer(w http.ResponseWriter, r *http.Request, at string) {
	answers := map[string]string{
		"GET /health":                      `{"status": "ok"}`,
		"GET /ready":                       `{"dependencies": {"redis": "ok"}}`,
		"GET /v1/me":                       `{"subject": "key_1", "workspaces": [{"id": "wsp_1", "role": "editor", "permissions": ["workflows.publish", "runs.start"]}]}`,
		"GET /v1/workflows":                `{"items": []}`,
		"POST /v1/workflows":               `{"id": "wfl_1"}`,
		"POST /v1/workflows/wfl_1:publish": `{"version": 1}`,
		"POST /v1/runs":                    `{"id": "run_1"}`,
		"POST /v1/runs/run_1:cancel":       `{}`,
	}
	if g.fault == "viewer" {
		answers["GET /v1/me"] = `{"subject": "key_1", "workspaces": [{"id": "wsp_1", "role": "viewer", "permissions": ["runs.read"]}]}`
	}
	switch at {
	case "GET /version":
		fmt.Fprintf(w, `{"version": %q, "engine": {"version": %q}}`, g.version[0], g.version[0])
		g.version = g.version[min(1, len(g.version)-1):]
	case "POST /v1/runs":
		var start struct{ Inputs *struct{ Words []string } }
		start.Inputs = &g.inputs
		_ = json.NewDecoder(r.Body).Decode(&start)
		_, _ = io.WriteString(w, answers[at])
	case "GET /v1/runs/run_1/events":
		g.stream(w, r)
	case "GET /v1/runs/run_1":
		g.run(w)
	case "DELETE /v1/workflows/wfl_1":
		g.deleted = true
	default:
		_, _ = io.WriteString(w, answers[at])
	}
}

func (g *gateway) stream(w io.Writer, r *http.Request) {
	last := 0
	if g.fault != "forgets Last-Event-ID" {
		_, _ = fmt.Sscan(r.Header.Get("Last-Event-ID"), &last)
	}
	for seq := last + 1; seq <= 4; seq++ {
		kind := "log"
		if seq == 4 {
			kind = "done"
		}
		fmt.Fprintf(w, "data: {\"seq\": %d, \"type\": %q}\n\n", seq, kind)
	}
}

func (g *gateway) run(w io.Writer) {
	text := strings.Join(g.inputs.Words, "-")
	if g.fault == "computes wrongly" {
		text = "smoke"
	}
	if g.fault == "run fails" {
		_, _ = io.WriteString(w, `{"id": "run_1", "status": "failed", "failure": {"code": "timeout", "message": "too slow"}}`)
		return
	}
	fmt.Fprintf(w, `{"id": "run_1", "status": "completed", "outputs": {"text": %q, "count": 3}}`, text)
}

// try runs the smoke test against the gateway.
func try(t *testing.T, g *gateway, key, version string) (printed string, err error) {
	t.Helper()
	if g.version == nil {
		g.version = []string{"v1"}
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	var out bytes.Buffer
	err = smoke.Run(t.Context(), smoke.Options{URL: server.URL + "/", Key: key, Version: version, Limit: 8 * time.Second, Out: &out})
	return out.String(), err
}

func TestASoundEnvironmentPasses(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	printed, err := try(t, g, "atk_good", "")
	if err != nil || !g.deleted || strings.Count(printed, "\nok ") != 10 || strings.Contains(printed, "atk_good") {
		t.Errorf("deleted %v, %v; printed:\n%s", g.deleted, err, printed)
	}
}

func TestEachCheckFindsItsFault(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"GET /health":                      "health: GET /health answered 503",
		"GET /ready":                       "ready: GET /ready answered 503",
		"GET /version":                     "version: GET /version answered 503",
		"open to all":                      "refusal: GET /v1/me with",
		"viewer":                           "me: the key's role is viewer, which may not workflows.publish",
		"POST /v1/workflows/wfl_1:publish": "publish: POST /v1/workflows/wfl_1:publish answered 503",
		"POST /v1/runs":                    "run: POST /v1/runs answered 503",
		"forgets Last-Event-ID":            "resume: event 1 of run run_1 follows event 2",
		"run fails":                        "result: the run failed: timeout: too slow",
		"computes wrongly":                 "result: the run is completed with",
		"DELETE /v1/workflows/wfl_1":       "clean up: DELETE /v1/workflows/wfl_1 answered 503",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			g := &gateway{fault: fault}
			printed, err := try(t, g, "atk_good", "")
			if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "What to do: ") || !strings.Contains(printed, "FAILED") {
				t.Errorf("got %v, want %q first; printed:\n%s", err, want, printed)
			}
			made := strings.Contains(printed, "publish")
			if made && !g.deleted && fault != "DELETE /v1/workflows/wfl_1" {
				t.Error("the workflow was left behind")
			}
		})
	}
}

func TestAWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := try(t, &gateway{}, "atk_wrong", ""); err == nil || !strings.HasPrefix(err.Error(), "me: GET /v1/me answered 401") {
		t.Errorf("got %v", err)
	}
}

func TestARolloutIsWaitedFor(t *testing.T) {
	t.Parallel()
	printed, err := try(t, &gateway{version: []string{"v1", "v2", "v1", "v2"}}, "atk_good", "v2")
	if err != nil || !strings.Contains(printed, "5 answers in a row are of v2, after 7s") {
		t.Errorf("%v; printed:\n%s", err, printed)
	}
	_, err = try(t, &gateway{}, "atk_good", "v2")
	if err == nil || !strings.Contains(err.Error(), `v2 is wanted; the gateway is "v1", the engine "v1"`) || !strings.Contains(err.Error(), "the limit of 8s for the whole is over") {
		t.Errorf("a rollout that does not come: %v", err)
	}
}
