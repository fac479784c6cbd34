//go:build live

package reliability_test

import (
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/servicetest"
)

// TestEngineAwayWhileStreaming kills the only engine while a model's words are being streamed, and starts another. The reader sees
// at most a new connection, and no gap and no repeat.
func TestEngineAwayWhileStreaming(t *testing.T) {
	w, engines, _ := start(t, 1, 1)
	run := w.client.run(w.client.publish(slowDocument), map[string]int{"n": 1})
	s := w.client.follow(run)
	servicetest.Eventually(t, "words are streamed", func() bool { return s.saw("message.delta") >= 5 })
	at := time.Now()
	w.kill(engines[0])
	time.Sleep(time.Second)
	w.startEngine()
	s.check(patience)
	runs := expected{run: slowOutputs(1)}
	recorded := w.settle(runs, patience)
	w.audit(runs, recorded)
	w.repeats(w.models.journal(), recorded, []kill{{process: engines[0].name, at: at}})
	if s.connected > 2 {
		t.Errorf("the reader connected %d times, at most 2 are right", s.connected)
	}
	if s.saw("message.reset") != 1 {
		t.Errorf("the reader was told %d times to forget half an answer, want once", s.saw("message.reset"))
	}
	longest, where := stall(recorded)
	if longest > longestStall {
		t.Errorf("%s nothing happened for %v, at most %v is right", where, longest, longestStall)
	}
	t.Logf("%d connections, refusals %v, longest stall %.1f s (%s)", s.connected, s.refusals, longest.Seconds(), where)
}
