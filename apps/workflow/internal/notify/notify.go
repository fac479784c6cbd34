// Package notify tells other systems what happens to runs: it sends the deliveries that the database wrote together with the events, at
// least once each, signed as Standard Webhooks has it. https://www.standardwebhooks.com
package notify

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/sealing"
)

const (
	lookInterval = time.Second
	atOnce       = 32 // deliveries in flight in this process
	mostOfOne    = 4  // of those, for one endpoint: a slow one must not keep the others waiting
	sendLimit    = 15 * time.Second
	// claimFor is far longer than a try may last: after it another process takes for lost what was not recorded.
	claimFor = 4 * sendLimit
	// givenUpAfter is how long an endpoint may fail without one success.
	givenUpAfter = 5 * 24 * time.Hour
)

// Options are what a Notifier works with.
type Options struct {
	Store  *store.Store
	Sealer *sealing.Sealer
	Client *http.Client // the guarded one
	Log    *slog.Logger
}

// Notifier is one process's share of the deliveries.
type Notifier struct {
	store  *store.Store
	sealer *sealing.Sealer
	client *http.Client
	log    *slog.Logger
	mu     sync.Mutex
	flying map[string]int // deliveries in flight, by endpoint
}

// New makes a Notifier. A redirect is a failure: an endpoint has one address, which its owner states.
func New(o Options) *Notifier {
	client := *o.Client
	client.Timeout = sendLimit
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Notifier{store: o.Store, sealer: o.Sealer, client: &client, log: o.Log, flying: map[string]int{}}
}

// Run sends until the context ends, and returns when what is in flight is recorded.
func (n *Notifier) Run(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		for ctx.Err() == nil && n.send(ctx, &sending) > 0 {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// send begins to send what is due, as far as there is room, and says how much it was.
func (n *Notifier) send(ctx context.Context, sending *sync.WaitGroup) int {
	room, busy := n.room()
	if room == 0 {
		return 0
	}
	due, err := n.store.ClaimDeliveries(ctx, room, claimFor, busy)
	if err != nil {
		if ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot look which deliveries are due", "error", err)
		}
		return 0
	}
	for _, d := range due {
		n.fly(d.Endpoint, 1)
		sending.Go(func() {
			defer n.fly(d.Endpoint, -1)
			n.deliver(context.WithoutCancel(ctx), d)
		})
	}
	return len(due)
}

// room is how many more may fly, and which endpoints have enough.
func (n *Notifier) room() (room int, busy []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	room, busy = atOnce, []string{}
	for endpoint, flying := range n.flying {
		room -= flying
		if flying >= mostOfOne {
			busy = append(busy, endpoint)
		}
	}
	return room, busy
}

func (n *Notifier) fly(endpoint string, by int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.flying[endpoint] += by; n.flying[endpoint] == 0 {
		delete(n.flying, endpoint)
	}
}
