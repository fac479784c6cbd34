//go:build live

package reliability_test

import (
	"cmp"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// proxy is one address for several processes. It takes any of them for each new connection, as the name of a service does in
// the cloud, and goes on to the next one if that is gone.
type proxy struct {
	listener net.Listener

	mu        sync.Mutex
	targets   []string
	favourite string              // is taken if it is there
	open      map[net.Conn]string // to which target
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, open: map[net.Conn]string{}}
	t.Cleanup(func() { _ = listener.Close() })
	go p.serve()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) add(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = append(p.targets, target)
}

// remove keeps new connections away; those that are there stay.
func (p *proxy) remove(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = slices.DeleteFunc(p.targets, func(t string) bool { return t == target })
}

// favour takes this one from now on, as long as it is there, and breaks the connections to others.
func (p *proxy) favour(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.favourite = target
	for conn, to := range p.open {
		if to != target {
			_ = conn.Close()
		}
	}
}

// order is in which the targets are tried.
func (p *proxy) order() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	targets := slices.Clone(p.targets)
	rand.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] }) //nolint:gosec // any order will do
	slices.SortStableFunc(targets, func(a, b string) int { return cmp.Compare(p.rank(a), p.rank(b)) })
	return targets
}

func (p *proxy) rank(target string) int {
	if target == p.favourite {
		return 0
	}
	return 1
}

func (p *proxy) keep(conn net.Conn, target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[conn] = target
}

func (p *proxy) forget(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(client)
	}
}

func (p *proxy) carry(client net.Conn) {
	defer client.Close()
	for _, target := range p.order() {
		server, err := net.DialTimeout("tcp", target, time.Second)
		if err != nil {
			continue
		}
		defer server.Close()
		p.keep(server, target)
		defer p.forget(server)
		ended := make(chan struct{}, 2)
		for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
			go func() {
				_, _ = io.Copy(way[0], way[1]) // a broken connection is what the tests are about
				ended <- struct{}{}
			}()
		}
		<-ended
		return
	}
}
