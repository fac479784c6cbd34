package devstack

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// startRedis runs a Redis in this process, on a real port.
func (s *Stack) startRedis(ctx context.Context) error {
	at, err := address(ctx, s.options.Ports.Redis)
	if err != nil {
		return err
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(at); err != nil {
		return fmt.Errorf("start Redis on %s: %w", at, err)
	}
	ended := make(chan struct{})
	go expire(server, ended)
	s.started("Redis", func() error {
		close(ended)
		server.Close()
		return nil
	})
	s.redis = "redis://" + at
	s.reportf("Redis (miniredis, in this process) on %s", at)
	return nil
}

// expire lets keys age: miniredis leaves its clock to whoever runs it.
func expire(server *miniredis.Miniredis, ended <-chan struct{}) {
	const tick = time.Second
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ticker.C:
			server.FastForward(tick)
		}
	}
}
