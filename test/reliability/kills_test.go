//go:build live

package reliability_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/servicetest"
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
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a seed that can be given again
	w := newWorld(t)
	f := w.newFleet(killEngines)
	load := w.startLoad(w.client.publish(mixedDocument(w.pages)), 4, 500*time.Millisecond, nil)

	var kills []kill
	killed := make([]int, killEngines)
	for range killRounds {
		time.Sleep(500*time.Millisecond + time.Duration(random.Int64N(int64(1500*time.Millisecond))))
		victim := choose(random, f.engines)
		kills = append(kills, f.replace(victim))
		killed[victim]++
	}
	runs := load.end()
	recorded := w.settle(runs, patience)
	w.audit(runs, recorded)
	r := w.repeats(w.models.journal(), recorded, kills)
	if r.inFlight < killRounds/5 {
		t.Errorf("seed %d: only %d calls were in flight at %d kills: the test has shown little", seed, r.inFlight, killRounds)
	}
	if r.requests > r.calls+r.inFlight+r.afterAnswer {
		t.Errorf("seed %d: %d requests to the model for %d calls, with %d in flight at kills", seed, r.requests, r.calls, r.inFlight)
	}
	longest, where := stall(recorded, kills...)
	if longest -= waits; longest > longestStall {
		t.Errorf("seed %d: %s nothing happened for %v, at most %v is right", seed, where, longest, longestStall)
	}
	whole, _ := stall(recorded)
	t.Logf("seed %d: %d kills (%v by place), %d runs, %d calls of models, %d in flight at kills, %d asked for again (%d of them answered at most %d ms before), "+
		"longest stall %.1f s (%s; %.1f s through all kills), requests repeated: %d cut, %d deferred",
		seed, len(kills), killed, len(runs), r.calls, r.inFlight, r.repeated, r.afterAnswer, r.unrecorded.Milliseconds(), longest.Seconds(), where, whole.Seconds(),
		w.client.cut.Load(), w.client.deferred.Load())
}

// fleet is an engine and a gateway for each place. A gateway asks the engine at its place as long as there is one, so that the
// load is spread over all, as it is by a name that stands for all addresses.
type fleet struct {
	world   *world
	engines []*member
	ways    []*proxy
}

func (w *world) newFleet(places int) *fleet {
	w.t.Helper()
	f := &fleet{world: w, engines: make([]*member, places)}
	for range places {
		f.ways = append(f.ways, newProxy(w.t))
	}
	for place, way := range f.ways {
		f.fill(place)
		_, port, err := net.SplitHostPort(way.address())
		if err != nil {
			w.t.Fatal(err)
		}
		g := w.startGateway(contract.WorkflowServicePort + "=" + port)
		servicetest.Eventually(w.t, g.name+" is ready", func() bool { return w.status(g, "/ready") == http.StatusOK })
	}
	return f
}

// fill starts an engine at a place. It is asked once it serves.
func (f *fleet) fill(place int) {
	f.world.t.Helper()
	m := f.world.startEngine()
	f.engines[place] = m
	go func() {
		f.world.await(m, func(ctx context.Context) error { return health.GRPC(ctx, m.address) }, func() {
			for _, way := range f.ways {
				way.add(m.address)
			}
			f.ways[place].favour(m.address)
		})
	}()
}

func (f *fleet) replace(place int) kill {
	f.world.t.Helper()
	old := f.engines[place]
	done := kill{process: old.name, at: time.Now()}
	f.world.kill(old)
	done.runs = f.world.hit(old)
	for _, way := range f.ways {
		way.remove(old.address)
	}
	f.fill(place)
	return done
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
