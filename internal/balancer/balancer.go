// Package balancer is an application load balancer on this machine: it spreads HTTP requests over the healthy targets of
// a group, streams their answers as they come, and lets a target that leaves finish what it was sent.
package balancer

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// Group is a target group, in the words of Elastic Load Balancing.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
type Group struct {
	Check HealthCheck
	Delay time.Duration // that a target which leaves has to answer what it was sent
}

// HealthCheck says when a target gets requests.
type HealthCheck struct {
	Path               string
	Status             int // that is healthy
	Interval, Timeout  time.Duration
	Healthy, Unhealthy int // answers in a row
}

// Balancer is an http.Handler over one group.
type Balancer struct {
	log   *slog.Logger
	proxy *httputil.ReverseProxy
	probe *http.Client

	mu      sync.Mutex
	group   Group
	targets []*target
	next    int
}

// New makes a balancer without targets, which answers 503.
func New(log *slog.Logger) *Balancer {
	b := &Balancer{log: log, probe: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	b.proxy = &httputil.ReverseProxy{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Minute, DisableCompression: true}, // no proxy: targets are near
		FlushInterval: -1,                                                                                                // an event is for now
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: chosen(r.In.Context()).String()})
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Warn("no answer", "target", chosen(r.Context()).String(), "path", r.URL.Path, "error", err)
			http.Error(w, "502 Bad Gateway: the target did not answer", http.StatusBadGateway)
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return b
}

// Configure sets how targets are checked and left, from the next check on.
func (b *Balancer) Configure(group Group) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.group = group
}

type targetKey struct{}

func chosen(ctx context.Context) netip.AddrPort {
	address, _ := ctx.Value(targetKey{}).(netip.AddrPort) // ServeHTTP sets it
	return address
}

// ServeHTTP sends the request to the next healthy target.
func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := b.choose()
	if t == nil {
		http.Error(w, "503 Service Unavailable: there is no healthy target", http.StatusServiceUnavailable)
		return
	}
	defer b.finished(t)
	b.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), targetKey{}, t.address)))
}

// choose takes turns.
func (b *Balancer) choose() *target {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.targets {
		b.next = (b.next + 1) % len(b.targets)
		if t := b.targets[b.next]; t.healthy && !t.leaving {
			t.inFlight++
			return t
		}
	}
	return nil
}

func (b *Balancer) finished(t *target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.inFlight--; t.inFlight == 0 && t.leaving {
		close(t.idle)
	}
}
