package wake

import (
	"log/slog"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// While Redis hangs nobody empties the outbox, and it must not grow with every run.
func TestTheOutboxIsBounded(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer client.Close()
	hub := New(client, slog.New(slog.DiscardHandler))
	for i := range mostWaiting + 100 {
		hub.Publish("run_" + strconv.Itoa(i))
	}
	if len(hub.outbox) != mostWaiting {
		t.Errorf("the outbox holds %d runs, want at most %d", len(hub.outbox), mostWaiting)
	}
	if got := len(hub.takeSome()); got != batch || len(hub.outbox) != mostWaiting-batch {
		t.Errorf("%d runs go out at once and %d stay", got, len(hub.outbox))
	}
}
