//go:build live

package reliability_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const (
	killRounds   = 50
	killEngines  = 3
	longestStall = 10 * time.Second
	// settled is the age at which a process notices that another is gone: it judges after some heartbeats of its own. One such
	// process is spared, since without any nobody could take a run over.
	settled = 6 * time.Second
)

// TestKills kills engines at random moments while runs are started and carried out.
func TestKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w, engines, _ := start(t, killEngines, 2)
	load := w.startLoad(w.client.publish(mixedDocument(w.pages)), 4, 500*time.Millisecond, nil)

	var kills []kill
	killed := make([]int, killEngines)
	for range killRounds {
		time.Sleep(500*time.Millisecond + time.Duration(random.Int64N(int64(1500*time.Millisecond))))
		victim := choose(random, engines)
		kills = append(kills, kill{engines[victim].name, time.Now()})
		w.kill(engines[victim])
		engines[victim] = w.startEngine()
		killed[victim]++
	}
	runs := load.end()
	recorded := w.settle(runs, patience)
	w.audit(runs, recorded)
	r := w.repeats(recorded, kills)
	if r.requests > r.calls+r.inFlight+r.afterAnswer {
		t.Errorf("seed %d: %d requests to the model for %d calls, with %d in flight at kills", seed, r.requests, r.calls, r.inFlight)
	}
	longest, where := stall(recorded)
	if longest -= waits; longest > longestStall {
		t.Errorf("seed %d: %s nothing happened for %v, at most %v is right", seed, where, longest, longestStall)
	}
	t.Logf("seed %d: %d kills (%v by place), %d runs, %d calls of models, %d in flight at kills, %d asked for again (%d of them answered before), longest stall %.1f s (%s), requests repeated: %d cut, %d deferred",
		seed, len(kills), killed, len(runs), r.calls, r.inFlight, r.repeated, r.afterAnswer, longest.Seconds(), where, w.client.cut.Load(), w.client.deferred.Load())
}

// choose picks any engine but the one that is spared: the only settled one, else the oldest.
func choose(random *rand.Rand, engines []*member) int {
	spared, old := 0, 0
	for i, m := range engines {
		if time.Since(m.began) > settled {
			old++
		}
		if m.began.Before(engines[spared].began) {
			spared = i
		}
	}
	places := make([]int, len(engines))
	for i := range places {
		places[i] = i
	}
	if old < 2 {
		places = slices.Delete(places, spared, spared+1)
	}
	return places[random.IntN(len(places))]
}
