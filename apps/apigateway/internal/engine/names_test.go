package engine

import (
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/resolver"
)

// asked counts how often a resolver was asked.
type asked struct {
	resolver.Builder
	times  atomic.Int32
	closed atomic.Bool
}

func (a *asked) Build(resolver.Target, resolver.ClientConn, resolver.BuildOptions) (resolver.Resolver, error) {
	return a, nil
}
func (a *asked) ResolveNow(resolver.ResolveNowOptions) { a.times.Add(1) }
func (a *asked) Close()                                { a.closed.Store(true) }

func TestNamesAreLookedUpUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dns asked
		r, err := watched{&dns}.Build(resolver.Target{URL: url.URL{Path: "engine:50051"}}, nil, resolver.BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*lookEvery + lookEvery/2)
		if got := dns.times.Load(); got != 5 {
			t.Errorf("asked %d times, want 5", got)
		}
		r.Close()
		time.Sleep(5 * lookEvery)
		if got := dns.times.Load(); got != 5 || !dns.closed.Load() {
			t.Errorf("asked %d times after the end; closed: %t", got-5, dns.closed.Load())
		}
	})
}
