package balancer

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// target is an address that gets requests while it is healthy.
type target struct {
	address  netip.AddrPort
	healthy  bool
	inFlight int
	leaving  bool
	idle     chan struct{} // closed when it leaves and has answered everything
	stop     context.CancelFunc
}

// firstInterval is between the checks of a target that was never healthy: one answer is enough for it.
const firstInterval = 500 * time.Millisecond

// Register adds a target, which gets requests once it has passed a health check.
func (b *Balancer) Register(address netip.AddrPort) {
	ctx, cancel := context.WithCancel(context.Background())
	t := &target{address: address, idle: make(chan struct{}), stop: cancel}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.find(address) != nil {
		cancel()
		return
	}
	b.targets = append(b.targets, t)
	go b.check(ctx, t)
}

// Healthy says whether a target gets requests.
func (b *Balancer) Healthy(address netip.AddrPort) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.find(address)
	return t != nil && t.healthy && !t.leaving
}

// Deregister sends a target nothing more. It returns when everything it was sent is answered, when the group's delay is
// over, or when the context ends.
func (b *Balancer) Deregister(ctx context.Context, address netip.AddrPort) {
	b.mu.Lock()
	t, delay := b.find(address), b.group.Delay
	if t == nil || t.leaving {
		b.mu.Unlock()
		return
	}
	t.stop()
	t.leaving = true
	if t.inFlight == 0 {
		close(t.idle)
	}
	b.mu.Unlock()
	select {
	case <-t.idle:
	case <-ctx.Done():
	case <-time.After(delay):
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.targets = slices.DeleteFunc(b.targets, func(other *target) bool { return other == t })
}

func (b *Balancer) find(address netip.AddrPort) *target {
	for _, t := range b.targets {
		if t.address == address {
			return t
		}
	}
	return nil
}

// check judges a target until it leaves.
func (b *Balancer) check(ctx context.Context, t *target) {
	row, known := 0, false // answers in a row that contradict what is known of it
	for {
		b.mu.Lock()
		settings := b.group.Check
		b.mu.Unlock()
		err := b.ask(ctx, t.address, settings)
		if ctx.Err() != nil {
			return
		}
		if b.judge(t, settings, err, &row, known) {
			known = true
		}
		interval := settings.Interval
		if !known {
			interval = firstInterval
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
	}
}

// judge changes a target's health after enough answers in a row, of which a new target needs but one.
func (b *Balancer) judge(t *target, settings HealthCheck, err error, row *int, known bool) (healthy bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if (err == nil) == t.healthy {
		*row = 0
		return t.healthy
	}
	*row++
	if t.healthy && *row < settings.Unhealthy || !t.healthy && known && *row < settings.Healthy {
		return t.healthy
	}
	t.healthy, *row = !t.healthy, 0
	b.log.Info("target", "address", t.address.String(), "healthy", t.healthy, "error", err)
	return t.healthy
}

func (b *Balancer) ask(ctx context.Context, address netip.AddrPort, settings HealthCheck) error {
	ctx, cancel := context.WithTimeout(ctx, settings.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address.String()+settings.Path, nil)
	if err != nil {
		return err
	}
	response, err := b.probe.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != settings.Status {
		return fmt.Errorf("GET %s answered %s, want %d", request.URL, response.Status, settings.Status)
	}
	return nil
}
