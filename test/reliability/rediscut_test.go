//go:build live

package reliability_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// eventDelay is how late an event may come without Redis: readers then ask once a second.
const eventDelay = 2 * time.Second

// TestRedisAway empties Redis, kills it for ten seconds and brings it back. Nothing but the delay of events may change.
func TestRedisAway(t *testing.T) {
	w, _, _ := start(t, 1, 1)
	mixed, slow := w.client.publish(mixedDocument(w.pages)), w.client.publish(slowDocument)
	options, err := redis.ParseURL(w.cache.url())
	if err != nil {
		t.Fatal(err)
	}
	admin := redis.NewClient(options)
	defer admin.Close()
	load := w.startLoad(mixed, 2, 300*time.Millisecond, nil)
	phase := func(name string, limit time.Duration) {
		runs := []*stream{}
		began := time.Now()
		for n := range 3 {
			run := w.client.run(slow, map[string]int{"n": n})
			load.mu.Lock()
			load.runs[run] = slowOutputs(n)
			load.mu.Unlock()
			runs = append(runs, w.client.follow(run))
		}
		longest := time.Duration(0)
		for _, s := range runs {
			s.check(patience)
			longest = max(longest, s.delay(began))
			if s.connected != 1 {
				t.Errorf("%s: the stream of run %s made %d connections, want 1", name, s.run, s.connected)
			}
		}
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
	if cut := w.client.cut.Load(); cut > 0 {
		t.Errorf("%d requests were cut", cut)
	}
	t.Logf("%d runs; without Redis, of 300 requests at once %d were allowed", len(runs), allowed)
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
