package balancer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/balancer"
)

// backend answers with its name; its health and its stream are the test's.
type backend struct {
	*httptest.Server
	sick    atomic.Bool
	release chan struct{}
}

func newBackend(t *testing.T, name string) *backend {
	b := &backend{release: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/health" && b.sick.Load():
			w.WriteHeader(http.StatusInternalServerError)
		case r.URL.Path == "/stream":
			fmt.Fprintln(w, "first")
			w.(http.Flusher).Flush()
			<-b.release
			fmt.Fprintln(w, "last")
		default:
			fmt.Fprintf(w, "%s %s %s", name, r.Host, r.Header.Get("X-Forwarded-For")) //nolint:gosec // no browser reads it
		}
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *backend) address() netip.AddrPort {
	return netip.MustParseAddrPort(b.Listener.Addr().String())
}

func start(t *testing.T) (*balancer.Balancer, string) {
	b := balancer.New(slog.New(slog.NewTextHandler(t.Output(), nil)))
	b.Configure(balancer.Group{Delay: 5 * time.Second, Check: balancer.HealthCheck{
		Path: "/health", Status: 200, Interval: 20 * time.Millisecond, Timeout: time.Second, Healthy: 2, Unhealthy: 2,
	}})
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return b, server.URL
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return fmt.Sprint(response.StatusCode, " ", string(text))
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in 5 s: %s", what)
		}
	}
}

func TestRequestsGoToHealthyTargetsInTurn(t *testing.T) {
	b, url := start(t)
	if answer := get(t, url); !strings.HasPrefix(answer, "503 ") {
		t.Errorf("without targets: %s", answer)
	}
	one, two := newBackend(t, "one"), newBackend(t, "two")
	two.sick.Store(true)
	for _, target := range []*backend{one, two} {
		b.Register(target.address())
	}
	eventually(t, "one is healthy", func() bool { return b.Healthy(one.address()) })
	for range 3 {
		if answer := get(t, url); !strings.HasPrefix(answer, "200 one 127.0.0.1:") || !strings.HasSuffix(answer, " 127.0.0.1") {
			t.Errorf("with one healthy target: %s", answer)
		}
	}
	two.sick.Store(false)
	eventually(t, "two is healthy", func() bool { return b.Healthy(two.address()) })
	if first, second := get(t, url)[:7], get(t, url)[:7]; first == second {
		t.Errorf("both requests went to %s", first)
	}
	one.sick.Store(true)
	eventually(t, "one is sick", func() bool { return !b.Healthy(one.address()) })
	two.Listener.Close()
	two.CloseClientConnections()
	if answer := get(t, url); !strings.HasPrefix(answer, "50") {
		t.Errorf("with a target that is gone: %s", answer)
	}
}

func TestATargetThatLeavesFinishesItsStream(t *testing.T) {
	b, url := start(t)
	old := newBackend(t, "old")
	b.Register(old.address())
	eventually(t, "it is healthy", func() bool { return b.Healthy(old.address()) })
	response, err := http.Get(url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" { // while the target waits: nothing is held back
		t.Fatalf("got %q, %v", line, err)
	}
	left := make(chan struct{})
	go func() {
		b.Deregister(context.Background(), old.address())
		close(left)
	}()
	eventually(t, "it gets nothing more", func() bool { return strings.HasPrefix(get(t, url), "503 ") })
	select {
	case <-left:
		t.Fatal("it left before its stream had ended")
	case <-time.After(50 * time.Millisecond):
	}
	close(old.release)
	if line, err := lines.ReadString('\n'); line != "last\n" {
		t.Errorf("got %q, %v", line, err)
	}
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("it did not leave after its stream")
	}
}

func TestLeavingEndsWithTheDelay(t *testing.T) {
	b, url := start(t)
	b.Configure(balancer.Group{Delay: 50 * time.Millisecond, Check: balancer.HealthCheck{Path: "/", Status: 200, Interval: time.Second, Timeout: time.Second}})
	old := newBackend(t, "old")
	b.Register(old.address())
	eventually(t, "it is healthy", func() bool { return b.Healthy(old.address()) })
	response, err := http.Get(url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	began := time.Now()
	b.Deregister(t.Context(), old.address())
	if took := time.Since(began); took < 50*time.Millisecond || took > 2*time.Second {
		t.Errorf("it left after %s, want the delay of 50 ms", took)
	}
	close(old.release)
}
