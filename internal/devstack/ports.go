package devstack

import (
	"context"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// Ports are where the stack's servers are wanted. One that is taken, or 0, becomes any free port.
type Ports struct{ Gateway, Engine, Metrics, Samples, Redis int }

// address gives a loopback address that is free now. Whoever takes it a moment later makes the service fail, which its
// log then says.
func address(ctx context.Context, wanted int) (string, error) {
	listener, err := listen(ctx, wanted)
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// listen takes the wanted port, or any free one.
func listen(ctx context.Context, wanted int) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(wanted)))
	if err != nil && wanted != 0 {
		return config.Listen(ctx, "tcp", net.JoinHostPort(loopback, "0"))
	}
	return listener, err
}
