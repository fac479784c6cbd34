//go:build live

package reliability_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// TestPostgresAway kills PostgreSQL under runs and open streams, and brings it back after 20 seconds.
func TestPostgresAway(t *testing.T) {
	w, engines, gateways := start(t, 2, 2)
	mixed, slow := w.client.publish(mixedDocument(w.pages)), w.client.publish(slowDocument)
	runs, streams := expected{}, []*stream{}
	for n := range 8 {
		one, other := w.client.run(mixed, map[string]int{"n": n}), w.client.run(slow, map[string]int{"n": n})
		runs[one], runs[other] = mixedOutputs(n), slowOutputs(n)
		streams = append(streams, w.client.follow(one), w.client.follow(other))
	}
	servicetest.Eventually(t, "every stream has events", func() bool {
		for _, s := range streams {
			if s.saw("run.queued") == 0 {
				return false
			}
		}
		return true
	})
	if err := w.postgres.Kill(); err != nil {
		t.Fatal(err)
	}
	away := time.Now()
	load := w.startLoad(mixed, 4, 200*time.Millisecond, nil) // what it sends now waits
	answers := map[string]int{}
	for time.Since(away) < 20*time.Second {
		w.answersWithoutDatabase(t, gateways, mixed, answers)
		time.Sleep(500 * time.Millisecond)
	}
	if err := w.postgres.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	for _, g := range gateways {
		servicetest.Eventually(t, g.name+" is ready again", func() bool { return w.status(g, "/ready") == http.StatusOK })
	}
	ready := time.Since(back)
	time.Sleep(2 * time.Second)
	maps.Copy(runs, load.end())
	recorded := w.settle(runs, patience)
	settledAfter := time.Since(back)
	w.audit(runs, recorded)
	w.repeats(w.models.journal(), recorded, nil) // what models answered meanwhile waits in memory to be recorded
	connections, refusals := 0, 0
	for _, s := range streams {
		s.check(patience)
		connections += s.connected
		refusals += len(s.refusals)
	}
	for _, m := range append(engines, gateways...) {
		if m.Ended() {
			t.Errorf("%s ended while the database was away", m.name)
		}
	}
	t.Logf("answers while away: %v; ready %.1f s after PostgreSQL was back, all %d runs ended after %.1f s; %d streams made %d connections, %d refused",
		answers, ready.Seconds(), len(runs), settledAfter.Seconds(), len(streams), connections, refusals)
	if answers["POST 503"] == 0 {
		t.Error("no request was refused: the test has shown nothing")
	}
}

// status is what a gateway answers itself, without a token.
func (w *world) status(m *member, path string) int {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+path, nil)
	if err != nil {
		return 0
	}
	response, err := w.client.http.Do(r)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// answersWithoutDatabase asks once for everything. An answer is a problem that says when to come back, or is not there in time.
func (w *world) answersWithoutDatabase(t *testing.T, gateways []*member, workflow string, answers map[string]int) {
	t.Helper()
	for _, g := range gateways {
		if got := w.status(g, contract.HealthPath); got != http.StatusOK {
			t.Errorf("without the database %s answers %s with %d, want 200", g.name, contract.HealthPath, got)
		}
		if got := w.status(g, "/ready"); got != http.StatusServiceUnavailable {
			t.Errorf("without the database %s answers /ready with %d, want 503", g.name, got)
		}
	}
	for method, path := range map[string]string{http.MethodPost: "/v1/runs", http.MethodGet: "/v1/runs"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		body := ""
		if method == http.MethodPost {
			body = `{"workflow": "` + workflow + `", "inputs": {"n": 1}}`
		}
		got, err := w.client.once(ctx, method, path, uuid.NewString(), []byte(body))
		cancel()
		switch {
		case err != nil && strings.Contains(err.Error(), "deadline"):
			answers[method+" waits"]++
		case err != nil:
			t.Errorf("%s %s without the database: %v", method, path, err)
		case got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || got.header.Get("Content-Type") != "application/problem+json":
			t.Errorf("%s %s without the database answered %s, with Retry-After %q and the type %q", method, path, got, got.header.Get("Retry-After"), got.header.Get("Content-Type"))
		default:
			answers[method+" 503"]++
		}
	}
}
