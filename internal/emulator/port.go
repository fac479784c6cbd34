package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"
	psprocess "github.com/shirou/gopsutil/v4/process"
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
		return fmt.Sprintf(" by process %d (%s)", c.Pid, commandLine(c.Pid))
	}
	return ""
}

// commandLine is empty for a process that is gone.
func commandLine(pid int32) string {
	p, err := psprocess.NewProcess(pid)
	if err != nil {
		return ""
	}
	line, err := p.Cmdline()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}
