//go:build live

package reliability_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// drainedStall is the longest time that a run may stand still when its process leaves in order: others take it at once.
const drainedStall = 3 * time.Second

// TestRollingReplacement replaces every process as a deployment does, under load: a new one first, then SIGTERM to the old.
func TestRollingReplacement(t *testing.T) {
	w, engines, gateways := start(t, 3, 2)
	mixed := w.client.publish(mixedDocument(w.pages))
	var reads atomic.Int64
	load := w.startLoad(mixed, 4, 100*time.Millisecond, func(run string) {
		s := w.client.follow(run)
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			got, err := w.client.send(ctx, http.MethodGet, "/v1/runs/"+run, nil)
			cancel()
			if err != nil || got.status != http.StatusOK {
				t.Errorf("GET /v1/runs/%s: %v, %v", run, got, err)
			}
			reads.Add(1)
			time.Sleep(200 * time.Millisecond)
		}
		select {
		case <-s.ended:
			s.verify()
		case <-time.After(patience):
			t.Errorf("the stream of run %s did not end", run)
		}
	})
	time.Sleep(2 * time.Second)
	began := time.Now()
	for _, old := range engines {
		fresh := w.startEngine()
		servicetest.Eventually(t, fresh.name+" serves", func() bool { return health.GRPC(t.Context(), fresh.address) == nil })
		w.retire(old, w.engines)
	}
	for _, old := range gateways {
		fresh := w.startGateway()
		servicetest.Eventually(t, fresh.name+" is ready", func() bool { return w.status(fresh, "/ready") == http.StatusOK })
		w.retire(old, w.gateways)
	}
	replaced := time.Since(began)
	time.Sleep(time.Second)
	runs := load.end()
	recorded := w.settle(runs, patience)
	w.audit(runs, recorded)
	r := w.repeats(w.models.journal(), recorded, nil)
	longest, where := stall(recorded)
	if longest -= waits; longest > drainedStall {
		t.Errorf("%s nothing happened for %v, at most %v is right", where, longest, drainedStall)
	}
	t.Logf("5 processes replaced in %.1f s; %d runs, %d calls of models, %d asked for again, %d reads; repeated by the client: %d cut, %d deferred; longest stall %.1f s (%s)",
		replaced.Seconds(), len(runs), r.calls, r.repeated, reads.Load(), w.client.cut.Load(), w.client.deferred.Load(), longest.Seconds(), where)
}

// retire ends a process in order. It gets no new connections from the moment on at which it says that it leaves.
func (w *world) retire(m *member, from *proxy) {
	w.t.Helper()
	began := time.Now()
	m.Signal(w.t, syscall.SIGTERM)
	m.Logged(w.t, "draining")
	from.remove(m.address)
	m.Logged(w.t, "drained")
	if exit := m.Wait(w.t); exit != 0 {
		w.t.Errorf("%s ended with status %d, want 0", m.name, exit)
	}
	took := time.Since(began)
	if took > contract.StopTimeoutSeconds*time.Second {
		w.t.Errorf("%s took %v to leave, ECS kills it after %d s", m.name, took, contract.StopTimeoutSeconds)
	}
	w.t.Logf("%s left in %.1f s", m.name, took.Seconds())
}
