package service

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/agentteam/agentteam/contract"
)

// drainLimit bounds the whole drain. It ends before ECS sends SIGKILL, so that the process can still
// say what it cut.
const drainLimit = (contract.StopTimeoutSeconds - 5) * time.Second

// Listen opens the address a service serves on and logs it, which tells the port when :0 was asked for.
func Listen(ctx context.Context, address string, log *slog.Logger) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot serve on %s: %w; free the address or choose another with --listen", address, err)
	}
	log.Info("listening", "address", listener.Addr().String())
	return listener, nil
}

// Lifecycle is a server in the three steps that every service takes.
type Lifecycle struct {
	Serve    func() error                // blocks until Stop, then returns nil
	Announce func()                      // reports not ready; requests are still served
	Stop     func(context.Context) error // lets work in flight finish, or cuts it when the context ends
	Delay    time.Duration               // between Announce and Stop
	Log      *slog.Logger
}

// Run serves until the context ends, then drains within drainLimit. It fails if the server broke by
// itself or if work had to be cut.
func (l Lifecycle) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- l.Serve() }()
	select {
	case err := <-served:
		return fmt.Errorf("the server stopped by itself: %w", err)
	case <-ctx.Done():
		return l.drain(served)
	}
}

func (l Lifecycle) drain(served <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainLimit)
	defer cancel()
	l.Announce()
	l.Log.Info("draining", "delay", l.Delay.String(), "limit", drainLimit.String())
	time.Sleep(l.Delay)
	if err := l.Stop(ctx); err != nil {
		return fmt.Errorf("work in flight was cut after %s: %w", drainLimit, err)
	}
	if err := <-served; err != nil {
		return fmt.Errorf("the server broke while draining: %w", err)
	}
	l.Log.Info("drained")
	return nil
}
