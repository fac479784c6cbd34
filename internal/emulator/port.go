package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"

	"github.com/agentteam/agentteam/internal/process"
)

// reservePort checks that the port is free, or finds a free one for 0.
func reservePort(ctx context.Context, port int) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return 0, fmt.Errorf("port %d on %s is in use%s: stop that program, or choose another port", port, host, listenerOf(port))
	}
	if err != nil {
		return 0, fmt.Errorf("listen on port %d of %s: %w", port, host, err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener has no other
}

// listenerOf names the program that listens on a port, as far as this user may see it.
func listenerOf(port int) string {
	connections, err := psnet.Connections("tcp")
	if err != nil {
		return ""
	}
	for _, c := range connections {
		if c.Status != "LISTEN" || int(c.Laddr.Port) != port || c.Pid == 0 {
			continue
		}
		return fmt.Sprintf(" by process %d (%s)", c.Pid, process.CommandLine(int(c.Pid)))
	}
	return ""
}
