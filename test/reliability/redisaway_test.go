//go:build live

package reliability_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// eventDelay is how late an event may come without Redis: readers then ask once a second.
const eventDelay = 2 * time.Second

// TestRedisAway empties Redis, kills it for ten seconds and brings it back. Nothing but the delay of events may change, which are
// read from another engine than the one that carries the runs out.
func TestRedisAway(t *testing.T) {
	w, engines, gateways := start(t, 1, 1)
	w.engines.remove(engines[0].address)
	other := w.startEngine()
	servicetest.Eventually(t, other.name+" serves", func() bool { return health.GRPC(t.Context(), other.address) == nil })
	reading := w.startGateway()
	servicetest.Eventually(t, reading.name+" is ready", func() bool { return w.status(reading, "/ready") == http.StatusOK })
	w.gateways.remove(reading.address)
	reader := &client{t: t, base: "http://" + reading.address, key: w.client.key, http: newHTTP()}

	mixed, slow := w.client.publish(mixedDocument(w.pages)), w.client.publish(slowDocument)
	options, err := redis.ParseURL(w.cache.url())
	if err != nil {
		t.Fatal(err)
	}
	admin := redis.NewClient(options)
	defer admin.Close()
	load := w.startLoad(mixed, 2, 300*time.Millisecond, nil)
	phase := func(name string, limit time.Duration) {
		t.Helper()
		longest := w.eventsCome(reader, slow, load)
		t.Logf("%s: events came at most %.2f s late", name, longest.Seconds())
		if longest > limit {
			t.Errorf("%s: an event came %v late, at most %v is right", name, longest, limit)
		}
	}
	phase("with Redis", eventDelay)
	if err := admin.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	phase("after Redis was emptied", eventDelay)
	w.cache.kill(t)
	killed := time.Now()
	phase("without Redis", eventDelay)
	allowed, refused := w.hammer(t, 300)
	if refused == 0 || allowed < 50 {
		t.Errorf("without Redis %d requests at once were allowed and %d refused", allowed, refused)
	}
	time.Sleep(max(0, 10*time.Second-time.Since(killed)))
	w.cache.start(t)
	time.Sleep(2 * time.Second)
	phase("with Redis again", eventDelay)
	runs := load.end()
	recorded := w.settle(runs, patience)
	w.audit(runs, recorded)
	for _, one := range w.models.journal() {
		if one.process == other.name {
			t.Errorf("call %s was made by %s, which should only read", one.call, one.process)
		}
	}
	if gateways[0].Ended() || reading.Ended() {
		t.Error("a gateway ended")
	}
	if cut := w.client.cut.Load(); cut > 0 {
		t.Errorf("%d requests were cut", cut)
	}
	t.Logf("%d runs; without Redis, of 300 requests at once %d were allowed", len(runs), allowed)
}

// eventsCome follows some runs to their ends, and gives the longest time that an event took.
func (w *world) eventsCome(reader *client, workflow string, load *load) (longest time.Duration) {
	w.t.Helper()
	streams, began := []*stream{}, time.Now()
	for n := range 3 {
		run := w.client.run(workflow, map[string]int{"n": n})
		load.mu.Lock()
		load.runs[run] = slowOutputs(n)
		load.mu.Unlock()
		streams = append(streams, reader.follow(run))
	}
	for _, s := range streams {
		s.check(patience)
		longest = max(longest, s.delay(began))
		if s.connected != 1 {
			w.t.Errorf("the stream of run %s made %d connections, want 1", s.run, s.connected)
		}
	}
	return longest
}

// hammer asks as fast as it can.
func (w *world) hammer(t *testing.T, requests int) (allowed, refused int64) {
	t.Helper()
	var lanes sync.WaitGroup
	var left, yes, no atomic.Int64
	left.Store(int64(requests))
	for range 16 {
		lanes.Go(func() {
			for left.Add(-1) >= 0 {
				got, err := w.client.once(t.Context(), http.MethodGet, "/v1/me", "", nil)
				switch {
				case err != nil:
					t.Error(err)
				case got.status == http.StatusOK:
					yes.Add(1)
				case got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "":
					no.Add(1)
				default:
					t.Errorf("GET /v1/me answered %s", got)
				}
			}
		})
	}
	lanes.Wait()
	return yes.Load(), no.Load()
}
