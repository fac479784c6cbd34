package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/agentteam/agentteam/apps/workflow/internal/inbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/sealing"
)

// got is one request that an endpoint had.
type got struct {
	header http.Header
	body   []byte
}

// world is an endpoint on loopback, and what tells it.
type world struct {
	t         *testing.T
	pool      *pgxpool.Pool
	store     *store.Store
	sealer    *sealing.Sealer
	workspace string
	endpoint  store.Endpoint
	secret    string
	mu        sync.Mutex
	status    int
	requests  []got
}

func newWorld(t *testing.T, path string) *world {
	t.Helper()
	w := &world{t: t, pool: databasetest.Open(t), status: http.StatusOK, secret: inbound.NewSecret()}
	w.store, w.workspace = store.New(w.pool), databasetest.Workspace(t, w.pool)
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	var err error
	if w.sealer, err = sealing.New(base64.StdEncoding.EncodeToString(make([]byte, sealing.KeyBytes))); err != nil {
		t.Fatal(err)
	}
	endpoint := store.Endpoint{ID: id.New(id.Endpoint), URL: server.URL + path, EventTypes: store.EventTypes()}
	if endpoint.Secret, err = w.sealer.Seal([]byte(w.secret), Place(w.workspace, endpoint.ID)); err != nil {
		t.Fatal(err)
	}
	if w.endpoint, err = w.store.CreateEndpoint(t.Context(), w.workspace, endpoint); err != nil {
		t.Fatal(err)
	}
	return w
}

// ServeHTTP is the endpoint.
func (w *world) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, got{r.Header, body})
	if w.status == http.StatusFound {
		http.Redirect(answer, r, "/elsewhere", w.status)
		return
	}
	answer.WriteHeader(w.status)
}

func (w *world) answers(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

func (w *world) seen() []got {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]got{}, w.requests...)
}

// notifier sends until the test's end.
func (w *world) notifier(o outbound.Options) {
	w.t.Helper()
	n := New(Options{Store: w.store, Sealer: w.sealer, Client: outbound.NewClient(o), Log: slog.New(slog.NewTextHandler(w.t.Output(), nil))})
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { n.Run(ctx) })
	w.t.Cleanup(func() { cancel(); all.Wait() })
}

func open() outbound.Options {
	return outbound.Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
}

func (w *world) exec(statement string, arguments ...any) {
	w.t.Helper()
	err := database.InWorkspace(w.t.Context(), w.pool, w.workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(w.t.Context(), statement, arguments...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// happen writes an event of a run, as the ledger does.
func (w *world) happen(kind string) {
	w.t.Helper()
	w.exec(`INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by) VALUES ('run_1', $1, '', 1, 'running', '{}', '{}') ON CONFLICT DO NOTHING`, w.workspace)
	w.exec(`INSERT INTO events (run_id, seq, workspace_id, type, data) SELECT 'run_1', coalesce(max(seq), 0) + 1, $1, $2, '{"n": 1.0}' FROM events`, w.workspace, kind)
}

func (w *world) await(what string, done func([]store.Delivery) bool) []store.Delivery {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		found := w.deliveries()
		if done(found) {
			return found
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s does not come: %+v", what, found)
		}
	}
}

func (w *world) deliveries() []store.Delivery {
	w.t.Helper()
	var found []store.Delivery
	err := database.InWorkspace(w.t.Context(), w.pool, w.workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(w.t.Context(), `SELECT id, endpoint_id, event_type, run_id, status, attempts, response_status, error, created_at, next_at, last_at
			FROM endpoint_deliveries ORDER BY created_at, id`)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[store.Delivery])
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func ended(n int) func([]store.Delivery) bool {
	return func(all []store.Delivery) bool {
		for _, d := range all {
			if d.Status == "pending" {
				return false
			}
		}
		return len(all) == n
	}
}

func TestEveryTypeOfEventIsToldOnce(t *testing.T) {
	w := newWorld(t, "/hooks")
	for _, kind := range append(store.EventTypes(), "run.started", "step.completed", "log") {
		w.happen(kind)
	}
	w.notifier(open())
	w.notifier(open())
	told := w.await("the end", ended(len(store.EventTypes())))
	requests := w.seen()
	if len(requests) != len(told) {
		t.Fatalf("%d requests for %d deliveries", len(requests), len(told))
	}
	webhook, err := standardwebhooks.NewWebhook(w.secret)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	for _, r := range requests {
		var message struct {
			Type      string
			Timestamp time.Time
			Data      struct {
				RunID string `json:"run_id"`
				Event json.RawMessage
			}
		}
		if err := json.Unmarshal(r.body, &message); err != nil || message.Data.RunID != "run_1" || string(message.Data.Event) != `{"n": 1.0}` || message.Timestamp.IsZero() {
			t.Errorf("%s, %v", r.body, err)
		}
		types[message.Type] = true
		if err := webhook.Verify(r.body, r.header); err != nil || !strings.HasPrefix(r.header.Get("Webhook-Id"), "dlv_") {
			t.Errorf("%v of %v", err, r.header)
		}
	}
	for _, kind := range store.EventTypes() {
		if !types[kind] {
			t.Errorf("%s was not told", kind)
		}
	}
}

func TestWhatFailsIsSentAgainWithTheSameID(t *testing.T) {
	w := newWorld(t, "/hooks")
	w.notifier(open())
	for _, status := range []int{http.StatusInternalServerError, http.StatusFound} { // a redirect is no success, and is not followed
		w.answers(status)
		before := len(w.seen())
		w.happen("run.failed")
		d := w.await("a failed attempt", func(all []store.Delivery) bool { return all[len(all)-1].LastAt != nil })
		last := d[len(d)-1]
		if last.Status != "pending" || int(last.ResponseStatus) != status || last.Attempts != 1 || !last.NextAt.After(*last.LastAt) || len(w.seen()) != before+1 {
			t.Errorf("%+v after %d requests", last, len(w.seen())-before)
		}
	}
	if e, err := w.store.Endpoint(t.Context(), w.workspace, w.endpoint.ID); err != nil || e.FailingSince == nil || e.Disabled {
		t.Errorf("%+v, %v", e, err)
	}
	w.answers(http.StatusOK)
	w.exec(`UPDATE endpoint_deliveries SET next_at = now()`)
	w.await("success", ended(2))
	if e, err := w.store.Endpoint(t.Context(), w.workspace, w.endpoint.ID); err != nil || e.FailingSince != nil {
		t.Errorf("%+v, %v", e, err)
	}
	byID := map[string][]string{}
	for _, r := range w.seen() {
		byID[r.header.Get("Webhook-Id")] = append(byID[r.header.Get("Webhook-Id")], string(r.body))
	}
	for name, bodies := range byID {
		if len(bodies) != 2 || bodies[0] != bodies[1] {
			t.Errorf("%s was sent as %q", name, bodies)
		}
	}
	if _, err := w.store.Redeliver(t.Context(), w.workspace, w.endpoint.ID, w.deliveries()[0].ID); err != nil {
		t.Fatal(err)
	}
	w.await("another", func([]store.Delivery) bool { return len(w.seen()) == 5 })
}

func TestAnAttemptThatWasLostIsMadeAgain(t *testing.T) {
	w := newWorld(t, "/hooks")
	w.happen("run.completed")
	due, err := w.store.ClaimDeliveries(t.Context(), 10, time.Second, []string{})
	if err != nil || len(due) != 1 {
		t.Fatalf("%+v, %v", due, err)
	}
	w.notifier(open()) // the process that claimed it is gone
	w.await("the end", ended(1))
	if n := len(w.seen()); n != 1 {
		t.Errorf("%d requests", n)
	}
	// That process was only stopped, and comes back with what it knows.
	if err := w.store.RecordAttempt(t.Context(), due[0], store.Attempt{Number: 1, Error: "late", Last: true}); err != nil {
		t.Fatal(err)
	}
	if d := w.deliveries()[0]; d.Status != "delivered" || d.Attempts != 2 {
		t.Errorf("%+v", d)
	}
}

func TestAnEndpointThatFailsForLongIsDisabled(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		since  string
		want   string
	}{
		"days of failure": {http.StatusBadGateway, "6 days", "every delivery has failed since"},
		"gone":            {http.StatusGone, "0 days", "410"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "/hooks")
			w.answers(test.status)
			w.exec(`UPDATE webhook_endpoints SET failing_since = now() - $1::text::interval`, test.since)
			w.happen("run.failed")
			w.notifier(open())
			w.await("the end", ended(1))
			e, err := w.store.Endpoint(t.Context(), w.workspace, w.endpoint.ID)
			if err != nil || !e.Disabled || !strings.Contains(e.DisabledReason, test.want) {
				t.Errorf("%+v, %v", e, err)
			}
			w.happen("run.failed")
			if n := len(w.deliveries()); n != 1 {
				t.Errorf("a disabled endpoint has %d deliveries", n)
			}
		})
	}
}

func TestBothSecretsSignAfterARotation(t *testing.T) {
	w := newWorld(t, "/hooks")
	next := inbound.NewSecret()
	sealed, err := w.sealer.Seal([]byte(next), Place(w.workspace, w.endpoint.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.RotateEndpoint(t.Context(), w.workspace, w.endpoint.ID, sealed); err != nil {
		t.Fatal(err)
	}
	w.notifier(open())
	verify := func(secret string) error {
		webhook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		all := w.seen()
		return webhook.Verify(all[len(all)-1].body, all[len(all)-1].header)
	}
	w.happen("run.completed")
	w.await("the end", ended(1))
	if err := verify(w.secret); err != nil {
		t.Error("the old one", err)
	}
	if err := verify(next); err != nil {
		t.Error("the new one", err)
	}
	w.exec(`UPDATE webhook_endpoints SET previous_until = now()`)
	w.happen("run.completed")
	w.await("the end", ended(2))
	if verify(w.secret) == nil || verify(next) != nil {
		t.Error("a day later the old one still signs, or the new one does not")
	}
}

func TestPrivateAddressesAreNotTold(t *testing.T) {
	w := newWorld(t, "/hooks?token=hunter2")
	w.happen("run.completed")
	w.notifier(outbound.Options{})
	d := w.await("an attempt", func(all []store.Delivery) bool { return all[0].LastAt != nil })
	if len(w.seen()) != 0 || !strings.Contains(d[0].Error, "private") || strings.Contains(d[0].Error, "hunter2") {
		t.Errorf("%+v", d)
	}
}

func TestTriesEnd(t *testing.T) {
	var total time.Duration
	attempts := 1
	for again, more := pause(attempts); more; again, more = pause(attempts) {
		attempts++
		total += again
	}
	if attempts != 10 || total < 72*time.Hour || total > 96*time.Hour {
		t.Errorf("%d attempts within %s", attempts, total)
	}
}
