package ratelimit

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// maxProxies is how many of our own may stand before the gateway: API Gateway's VPC link and the load balancer.
const maxProxies = 2

// Address is where a request comes from, as far as it can be trusted: an IPv4 address, or the /64 network of
// an IPv6 one, which is what one customer gets.
//
// Each proxy appends the address of its own peer to X-Forwarded-For; what a client wrote there stands before. Our proxies have
// private addresses, clients of theirs public ones. So it is the first public address from the right: the connection's peer, else the
// last entry (straight to the load balancer), else the one before (API Gateway, whose link the load balancer appended).
func Address(r *http.Request) string {
	found, err := parseAddress(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(entries) - 1; i >= max(0, len(entries)-maxProxies) && internal(found); i-- {
		address, err := parseAddress(entries[i])
		if err != nil {
			break
		}
		found = address
	}
	return network(found)
}

func internal(address netip.Addr) bool {
	address = address.Unmap()
	return address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast()
}

// parseAddress takes an address with or without a port: an ALB may be told to keep the client's port.
func parseAddress(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	return netip.ParseAddr(strings.Trim(text, "[]"))
}

func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return address.String()
	}
	return prefix.String()
}
