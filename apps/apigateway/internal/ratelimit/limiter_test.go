package ratelimit_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
	"github.com/agentteam/agentteam/internal/identity"
)

// rest is the most that a process holds of a lease: a twentieth of the burst of 100, and a request has asked for it.
const rest = 4

// limiter is a process's limiter on a Redis that listens at the address.
func limiter(t *testing.T, address string) *ratelimit.Limiter {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	return ratelimit.New(ratelimit.Options{Redis: client, Log: slog.New(slog.DiscardHandler)})
}

// allowed is how many of n requests at once the limiters admit, taking turns.
func allowed(t *testing.T, n int, subject string, limiters ...*ratelimit.Limiter) (count int, last ratelimit.Decision) {
	t.Helper()
	for i := range n {
		last = limiters[i%len(limiters)].Caller(t.Context(), identity.Caller{Kind: identity.KindUser, Subject: subject})
		if last.Allowed {
			count++
		}
	}
	return count, last
}

func TestTheLimitHoldsOverAllProcesses(t *testing.T) {
	server := miniredis.RunT(t)
	server.SetTime(time.Now())
	one, other := limiter(t, server.Addr()), limiter(t, server.Addr())
	count, last := allowed(t, 130, "u1", one, other)
	if count < 99 || count > 100 || last.Limit != 100 || last.Remaining != 0 || last.RetryAfter <= 0 || last.RetryAfter > time.Second {
		t.Errorf("%d of 130 allowed, last %+v", count, last)
	}
	if count, _ := allowed(t, 1, "u2", one); count != 1 {
		t.Error("another user pays for the first")
	}
	server.SetTime(time.Now().Add(2 * time.Second))
	time.Sleep(last.RetryAfter)
	if count, _ := allowed(t, 100, "u1", one); count < 99 {
		t.Errorf("two seconds later %d of 100 allowed", count)
	}
}

// TestLeasesAddLittle has every process hold the rest of a lease before the bucket is full again: the most that leases can add.
func TestLeasesAddLittle(t *testing.T) {
	server := miniredis.RunT(t)
	server.SetTime(time.Now())
	processes := []*ratelimit.Limiter{limiter(t, server.Addr()), limiter(t, server.Addr()), limiter(t, server.Addr())}
	if count, last := allowed(t, 3, "u1", processes...); count != 3 || last.Remaining < 85 || last.Remaining > 99 {
		t.Fatalf("%d of 3 allowed, last %+v", count, last)
	}
	server.SetTime(time.Now().Add(time.Minute))
	count, _ := allowed(t, 500, "u1", processes...)
	if most := 100 + len(processes)*rest; count < 100 || count > most {
		t.Errorf("%d of 500 allowed at once, at most %d are right", count, most)
	}
}

func TestRedisIsAskedForLeasesAndNotForRequests(t *testing.T) {
	redis := miniredis.RunT(t)
	var asked atomic.Int64
	redis.Server().SetPreHook(func(_ *server.Peer, command string, _ ...string) bool {
		if strings.EqualFold(command, "evalsha") {
			asked.Add(1)
		}
		return false
	})
	l := limiter(t, redis.Addr())
	began := time.Now()
	count, _ := allowed(t, 5000, "u1", l)
	took := int(time.Since(began).Seconds() * 50) // requests that fitted in meanwhile: each may cost two questions, and a refusal too
	if most := int64(20 + 4*(took+1)); asked.Load() > most || asked.Load() < 20 {
		t.Errorf("5000 requests, of which %d were allowed, asked Redis %d times, 20 to %d are right", count, asked.Load(), most)
	}
}

func TestStrangersAreCountedByAddress(t *testing.T) {
	server := miniredis.RunT(t)
	server.SetTime(time.Now())
	l := limiter(t, server.Addr())
	count := 0
	for range 60 {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "203.0.113.9:1234"
		if l.Stranger(t.Context(), r).Allowed {
			count++
		}
	}
	if count < 39 || count > 40 { // the script counts in floating point
		t.Errorf("%d of 60 allowed", count)
	}
}

func TestALostRedisNeitherStopsNorSlowsNorOpens(t *testing.T) {
	server := miniredis.RunT(t)
	l := limiter(t, server.Addr())
	address := server.Addr()
	if count, _ := allowed(t, 1, "u1", l); count != 1 {
		t.Fatal("refused at once")
	}
	server.Close()
	start := time.Now()
	count, last := allowed(t, 200, "u1", l)
	took := time.Since(start)
	if most := 101 + rest + int(took.Seconds()*50); count < 100 || count > most || !last.Allowed && last.RetryAfter <= 0 {
		t.Errorf("without Redis %d of 200 allowed within %s, last %+v", count, took, last)
	}
	if took > 2*time.Second { // if each waited for Redis it would be 20 s
		t.Errorf("200 requests took %s without Redis", took)
	}
	back := miniredis.NewMiniRedis()
	if err := back.StartAddr(address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.Close)
	for end := time.Now().Add(5 * time.Second); len(back.Keys()) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("Redis is back and is not asked again")
		}
		allowed(t, 1, "u3", l)
	}
}

func TestASilentRedisIsGivenUp(t *testing.T) {
	silent := httptest.NewUnstartedServer(nil) // accepts connections, never answers
	t.Cleanup(silent.Close)
	l := limiter(t, silent.Listener.Addr().String())
	start := time.Now()
	if count, _ := allowed(t, 50, "u1", l); count != 50 {
		t.Errorf("%d of 50 allowed", count)
	}
	if took := time.Since(start); took > 2*time.Second { // if each waited it would be 5 s
		t.Errorf("50 requests took %s", took)
	}
}

// TestOnARealRedis runs the script on Redis's own Lua.
func TestOnARealRedis(t *testing.T) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("needs redis-server in PATH: apt-get install redis-server")
	}
	socket := filepath.Join(t.TempDir(), "redis.sock")
	server := exec.CommandContext(t.Context(), program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // the context has killed it
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	t.Cleanup(func() { client.Close() })
	for end := time.Now().Add(10 * time.Second); client.Ping(t.Context()).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("redis-server does not answer within 10 s")
		}
	}
	l := ratelimit.New(ratelimit.Options{Redis: client, Log: slog.New(slog.DiscardHandler)})
	start := time.Now()
	count, last := allowed(t, 400, "u1", l)
	if most := 101 + int(time.Since(start).Seconds()*50); count < 99 || count > most {
		t.Errorf("%d of 400 allowed within %s, last %+v", count, time.Since(start), last)
	}
	if keys, err := client.Keys(t.Context(), "*").Result(); err != nil || len(keys) != 1 {
		t.Errorf("Redis holds %v, %v", keys, err)
	}
}

func TestHeaders(t *testing.T) {
	h := http.Header{}
	ratelimit.Decision{Limit: 100, Remaining: 3, Reset: 1100 * time.Millisecond, RetryAfter: 20 * time.Millisecond}.SetHeaders(h)
	for name, want := range map[string]string{"Ratelimit-Limit": "100", "Ratelimit-Remaining": "3", "Ratelimit-Reset": "2", "Retry-After": "1"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	h = http.Header{}
	ratelimit.Decision{Allowed: true}.SetHeaders(h)
	if h.Get("Retry-After") != "" {
		t.Error("an allowed request is told to wait")
	}
}
