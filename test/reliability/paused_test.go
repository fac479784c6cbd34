//go:build live

package reliability_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// TestPausedProcess stops an engine in the middle of calls for 20 seconds, so that the others give it up and carry its runs to
// their ends. When it goes on, it must not record a second result, nor ask a model for anything more, but for what was on its way
// when it was stopped: after it had looked that nobody had the answer, and before the request had left.
func TestPausedProcess(t *testing.T) {
	w, engines, gateways := start(t, 1, 1)
	paused := engines[0]
	slow, mixed := w.client.publish(slowDocument), w.client.publish(mixedDocument(w.pages))
	engines = append(engines, w.startEngine(), w.startEngine())
	for _, m := range engines[1:] {
		servicetest.Eventually(t, m.name+" serves", func() bool { return health.GRPC(t.Context(), m.address) == nil })
	}
	time.Sleep(5 * time.Second) // until the two would notice that another is silent
	runs := expected{}
	for n := range 9 {
		runs[w.client.run(slow, map[string]int{"n": n})] = slowOutputs(n)
		runs[w.client.run(mixed, map[string]int{"n": n})] = mixedOutputs(n)
	}
	w.moveGateway(gateways[0], paused)
	t.Logf("%s is paused with %d calls in flight", paused.name, w.models.inFlight(paused.name))
	paused.Signal(t, syscall.SIGSTOP)
	began := time.Now()
	w.settle(runs, 20*time.Second) // without the paused process
	took := time.Since(began)
	time.Sleep(20*time.Second - took)
	requests := len(w.models.journal())
	paused.Signal(t, syscall.SIGCONT)
	continued := time.Now()
	paused.Logged(t, "the other processes had given this one up: it was paused, or could not reach the database")
	time.Sleep(3 * time.Second) // for what it may still do wrong

	recorded := w.histories()
	w.audit(runs, recorded)
	asked, onTheirWay := w.models.journal(), map[request]bool{}
	for _, one := range asked[requests:] {
		if before, found := recordedAt(recorded, one.call, 1); found && before.Before(began) {
			onTheirWay[one] = true
			continue
		}
		t.Errorf("%s asked for call %s at %s, after all runs had ended", one.process, one.call, one.began.Format(time.StampMilli))
	}
	for id, h := range recorded {
		if last := h.events[len(h.events)-1]; last.time.After(continued) {
			t.Errorf("run %s, which had ended, got event %d (%s %s) from the process that came back", id, last.seq, last.kind, last.step)
		}
	}
	asked = slices.DeleteFunc(asked, func(one request) bool { return onTheirWay[one] })
	r := w.repeats(asked, recorded, []kill{{process: paused.name, at: began}})
	if r.repeated == 0 {
		t.Error("no call was cut: the test has shown nothing")
	}
	longest, where := stall(recorded)
	if longest > longestStall {
		t.Errorf("%s nothing happened for %v", where, longest)
	}
	t.Logf("%d runs ended %.1f s after the pause; %d calls, %d of them asked for again, %d that were on their way; longest stall %.1f s (%s)",
		len(runs), took.Seconds(), r.calls, r.repeated, len(onTheirWay), longest.Seconds(), where)
	w.worksAgain(paused, engines, mixed)
}

// moveGateway replaces the gateway, which is connected to the engine, by one that is connected to others: the pause is about runs.
func (w *world) moveGateway(gateway, engine *member) {
	w.t.Helper()
	w.engines.remove(engine.address)
	w.gateways.remove(gateway.address)
	gateway.Signal(w.t, syscall.SIGKILL)
	gateway.Wait(w.t)
	w.startGateway()
	servicetest.Eventually(w.t, engine.name+" asks models", func() bool { return w.models.inFlight(engine.name) > 0 })
}

// worksAgain kills the other engines, and demands that this one carries out a run.
func (w *world) worksAgain(m *member, engines []*member, workflow string) {
	w.t.Helper()
	w.engines.add(m.address)
	for _, other := range engines {
		if other != m {
			w.kill(other)
		}
	}
	id := w.client.run(workflow, map[string]int{"n": 1000})
	w.settle(expected{id: nil}, patience)
	for _, one := range w.models.journal() {
		if strings.HasPrefix(one.call, id+"/") && one.process != m.name {
			w.t.Errorf("call %s was made by %s", one.call, one.process)
		}
	}
}
