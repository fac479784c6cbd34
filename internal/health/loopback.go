// Package health asks a running service of this machine whether it works. It is the `healthcheck`
// command of the images, which therefore need no shell and no curl.
package health

import (
	"fmt"
	"net"
)

// Loopback turns the address a service listens on into one that reaches it from the same machine:
// "all interfaces" becomes the loopback interface, any other host stays.
func Loopback(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("%q is not host:port: %w", listen, err)
	}
	if port == "0" {
		return "", fmt.Errorf("port 0 of %q means any free port: name the one the service listens on", listen)
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
