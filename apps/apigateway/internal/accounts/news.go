package accounts

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// channel carries changes, as JSON of scope, from the process that made them to all.
const channel = "agentteam:accounts"

const (
	publishTimeout = 500 * time.Millisecond
	pause          = 2 * time.Second // before listening again
)

// news is how processes hear of each other's changes. It may fail: then caches are wrong until they expire.
type news struct {
	redis *redis.Client
	log   *slog.Logger
}

func (n news) publish(ctx context.Context, changed scope) {
	if n.redis == nil {
		return
	}
	// The change is committed: its news goes out even if the client has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	message, err := json.Marshal(changed)
	if err == nil {
		err = n.redis.WithTimeout(publishTimeout).Publish(ctx, channel, message).Err()
	}
	if err != nil {
		n.log.WarnContext(ctx, "other processes hear of a change only when their caches expire, within a minute", "error", err)
	}
}

// listen hands every change to heard until the context ends.
func (n news) listen(ctx context.Context, heard func(scope)) {
	if n.redis == nil {
		return
	}
	for ctx.Err() == nil {
		subscription := n.redis.Subscribe(ctx, channel)
		n.receive(ctx, subscription.Channel(), heard) // reconnects by itself
		_ = subscription.Close()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (n news) receive(ctx context.Context, messages <-chan *redis.Message, heard func(scope)) {
	for {
		select {
		case <-ctx.Done():
			return
		case message, open := <-messages:
			if !open {
				return
			}
			var changed scope
			if err := json.Unmarshal([]byte(message.Payload), &changed); err != nil {
				n.log.WarnContext(ctx, "a change of another process is not understood", "error", err)
				continue
			}
			heard(changed)
		}
	}
}
