//go:build live

package reliability_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	triggerKills = 12
	schedules    = 4
	behind       = 60 // minutes of ticks that are due at once: a year of a schedule's nights in a minute
	senders      = 4
)

const pushedDocument = `{"schema": "agentteam/v1", "name": "Pushed", "inputs": {"type": "object"}, "nodes": [{"id": "a", "type": "transform", "config": {"value": 1}}], "edges": []}`

// told is an endpoint of another system, which is down now and then.
type told struct {
	mu    sync.Mutex
	runs  map[string]int    // requests by run
	names map[string]string // webhook-id by run
}

// ServeHTTP refuses every fifth request.
func (e *told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, rest, _ := strings.Cut(string(body), `"run_id" : "`)
	run, _, _ := strings.Cut(rest, `"`)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.names[run] != "" && e.names[run] != r.Header.Get("Webhook-Id") {
		e.names[run] += " and " + r.Header.Get("Webhook-Id")
	} else {
		e.names[run] = r.Header.Get("Webhook-Id")
	}
	if rand.IntN(5) == 0 { //nolint:gosec // chance, not secrecy
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	e.runs[run]++
}

// TestTriggersThroughKills kills engines while ticks come due, another system sends deliveries, each of them twice, and a third is told of
// every run that completes.
func TestTriggersThroughKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a seed that can be given again
	w := newWorld(t)
	f := w.newFleet(killEngines)
	endpoint := &told{runs: map[string]int{}, names: map[string]string{}}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	w.client.create("/v1/webhook-endpoints", map[string]any{"url": server.URL, "event_types": []string{"run.completed"}}, nil)
	workflow := w.client.publish(pushedDocument)
	var hook struct{ Path, Secret string }
	w.client.create("/v1/webhooks", map[string]any{"name": "Pushes", "form": "github", "workflow": workflow}, &hook)
	s := w.sendUntil(hook.Path, hook.Secret)
	for range schedules {
		w.client.create("/v1/schedules", map[string]any{"name": "Each minute", "workflow": workflow, "cron": "* * * * *", "overlap": "allow", "catch_up": "all"}, nil)
	}
	w.query(func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE schedules SET next_at = date_trunc('minute', now()) - make_interval(mins => $1)`, behind)
		return err
	})
	for range triggerKills {
		time.Sleep(500*time.Millisecond + time.Duration(random.Int64N(int64(1500*time.Millisecond))))
		f.replace(choose(random, f.engines))
	}
	deliveries := s.end()
	w.awaitTicks()
	w.settle(expected{}, patience)
	ticks := w.checkTicks()
	w.checkDeliveries(deliveries)
	requests := w.checkTold(endpoint)
	t.Logf("seed %d: %d kills, %d ticks, %d deliveries sent twice or more often, %d runs told in %d requests that were taken", seed, triggerKills, ticks, len(deliveries), len(endpoint.names), requests)
	if len(deliveries) < 20 {
		t.Errorf("only %d deliveries came in: the test has shown little", len(deliveries))
	}
}

// sending is a system that sends each delivery until it is answered, and then once more.
type sending struct {
	stop  chan struct{}
	lanes sync.WaitGroup
	mu    sync.Mutex
	runs  map[string]string // by delivery
}

func (w *world) sendUntil(path, secret string) *sending {
	s := &sending{stop: make(chan struct{}), runs: map[string]string{}}
	for lane := range senders {
		s.lanes.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-s.stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
				name := fmt.Sprintf("delivery-%d-%d", lane, n)
				first, again := w.push(path, secret, name), w.push(path, secret, name)
				if first != again {
					w.t.Errorf("%s started %s, and repeated %s", name, first, again)
				}
				s.mu.Lock()
				s.runs[name] = first
				s.mu.Unlock()
			}
		})
	}
	return s
}

func (s *sending) end() map[string]string {
	close(s.stop)
	s.lanes.Wait()
	return s.runs
}

// push sends a delivery until it is accepted, as a patient sender does.
func (w *world) push(path, secret, name string) string {
	body := fmt.Sprintf(`{"name": %q}`, name)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(w.t.Context(), 15*time.Second)
		run, taken := w.pushOnce(ctx, path, name, body, "sha256="+hex.EncodeToString(mac.Sum(nil)))
		cancel()
		if taken {
			return run
		}
	}
	w.t.Errorf("%s was not accepted", name)
	return ""
}

func (w *world) pushOnce(ctx context.Context, path, name, body, signature string) (run string, taken bool) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.client.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return "", true
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "X-Github-Delivery": {name}, "X-Github-Event": {"push"}, "X-Hub-Signature-256": {signature}}
	response, err := w.client.http.Do(r)
	if err != nil {
		return "", false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusAccepted {
		return "", false
	}
	return string(text), true
}

// awaitTicks waits until no tick is due.
func (w *world) awaitTicks() {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		var due int
		w.query(func(tx pgx.Tx) error {
			return tx.QueryRow(w.t.Context(), `SELECT count(*) FROM schedules WHERE next_at <= now()`).Scan(&due)
		})
		if due == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d schedules still have ticks that are due", due)
		}
	}
}

// checkTicks demands that every minute up to the next has one tick, that each started one run, and no run has no tick.
func (w *world) checkTicks() (ticks int) {
	w.t.Helper()
	var wrong, runs, minutes int
	w.query(func(tx pgx.Tx) error {
		return tx.QueryRow(w.t.Context(), `SELECT (SELECT count(*) FROM schedule_ticks), (SELECT count(*) FROM runs WHERE created_by->>'kind' = 'schedule'),
			(SELECT count(*) FROM schedule_ticks t LEFT JOIN runs r ON r.id = t.run_id WHERE t.outcome <> 'started' OR r.created_by->>'subject' IS DISTINCT FROM t.schedule_id),
			(SELECT sum(extract(epoch FROM next_at - first) / 60)::int FROM schedules JOIN (SELECT schedule_id, min(due_at) AS first FROM schedule_ticks GROUP BY 1) AS f ON f.schedule_id = id)`).
			Scan(&ticks, &runs, &wrong, &minutes)
	})
	if ticks < schedules*behind || ticks != minutes || runs != ticks || wrong != 0 {
		w.t.Errorf("%d ticks for %d minutes (at least %d), %d runs, %d ticks that did not start their own", ticks, minutes, schedules*behind, runs, wrong)
	}
	return ticks
}

// checkDeliveries demands one run for each delivery that was accepted.
func (w *world) checkDeliveries(sent map[string]string) {
	w.t.Helper()
	var recorded, runs int
	w.query(func(tx pgx.Tx) error {
		return tx.QueryRow(w.t.Context(), `SELECT (SELECT count(DISTINCT run_id) FROM webhook_deliveries JOIN runs ON runs.id = run_id), (SELECT count(*) FROM runs WHERE created_by->>'kind' = 'webhook')`).
			Scan(&recorded, &runs)
	})
	if recorded != len(sent) || runs != len(sent) {
		w.t.Errorf("%d deliveries were accepted, %d are recorded with a run, and there are %d runs", len(sent), recorded, runs)
	}
}

// checkTold waits until the endpoint was told of every run, each under one id.
func (w *world) checkTold(e *told) (requests int) {
	w.t.Helper()
	var runs []string
	w.query(func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `UPDATE endpoint_deliveries SET next_at = least(next_at, now() + interval '5 s') WHERE status = 'pending'`); err != nil {
			return err
		}
		rows, err := tx.Query(w.t.Context(), `SELECT id FROM runs`)
		if err != nil {
			return err
		}
		runs, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	missing := func() (names []string) {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, run := range runs {
			if e.runs[run] == 0 {
				names = append(names, run)
			}
		}
		return names
	}
	for deadline := time.Now().Add(patience); len(missing()) > 0 && time.Now().Before(deadline); time.Sleep(time.Second) {
		w.query(func(tx pgx.Tx) error { // not the minutes and hours that the retries take
			_, err := tx.Exec(w.t.Context(), `UPDATE endpoint_deliveries SET next_at = now() WHERE status = 'pending' AND next_at > now() + interval '2 minutes'`)
			return err
		})
	}
	if lost := missing(); len(lost) > 0 {
		w.t.Errorf("of %d runs %d were told to nobody, as %s", len(runs), len(lost), lost[0])
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for run, names := range e.names {
		requests += e.runs[run]
		if strings.Contains(names, " ") {
			w.t.Errorf("run %s was told under the ids %s", run, names)
		}
	}
	return requests
}
