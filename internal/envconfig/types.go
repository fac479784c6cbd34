package envconfig

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
)

// Port is a TCP port that a peer can be reached at, 1-65535, kept as the text that net.JoinHostPort takes.
type Port string

// UnmarshalText accepts a decimal number from 1 to 65535.
func (p *Port) UnmarshalText(text []byte) error {
	number, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil || number == 0 {
		return fmt.Errorf("must be a port from 1 to 65535, got %q", text)
	}
	*p = Port(strconv.FormatUint(number, 10))
	return nil
}

// Host is a DNS name or an IP address, nothing around it.
type Host string

// UnmarshalText refuses what people paste by mistake: a URL, or a host with its port.
func (h *Host) UnmarshalText(text []byte) error {
	host := string(text)
	if net.ParseIP(host) == nil && strings.ContainsAny(host, ":/[]@ \t") {
		return fmt.Errorf("must be a host name or an IP address without scheme and port, got %q", host)
	}
	*h = Host(host)
	return nil
}

// Address is what a server listens on: host:port, without a host all interfaces, with port 0 any free one.
type Address string

// UnmarshalText accepts host:port, [IPv6]:port and :port.
func (a *Address) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, "/@ \t") {
		return fmt.Errorf("must be host:port or :port with a port from 0 to 65535, got %q", text)
	}
	*a = Address(text)
	return nil
}

// LogLevel is the least severe level that is logged; its zero value is info.
type LogLevel slog.Level

// UnmarshalText accepts debug, info, warn and error.
func (l *LogLevel) UnmarshalText(text []byte) error {
	switch string(text) {
	case "debug":
		*l = LogLevel(slog.LevelDebug)
	case "info":
		*l = LogLevel(slog.LevelInfo)
	case "warn":
		*l = LogLevel(slog.LevelWarn)
	case "error":
		*l = LogLevel(slog.LevelError)
	default:
		return fmt.Errorf("must be debug, info, warn or error, got %q", text)
	}
	return nil
}

func parseBool(text string) (any, error) {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return nil, errors.New("must be true or false, got " + strconv.Quote(text))
	}
	return value, nil
}
