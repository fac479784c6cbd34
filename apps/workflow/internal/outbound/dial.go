package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// dialer checks the address that it is about to connect to: what DNS said before does not count.
type dialer struct {
	guarded *net.Dialer // for every host
	named   *net.Dialer // for hosts that an operator allowed by name
	hosts   []string
}

func newDialer(o Options) dialer {
	var v4, v6 []netip.Prefix
	for _, prefix := range o.AllowPrefixes {
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
	}
	guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	named := func(network, address string, conn syscall.RawConn) error {
		if isMetadata(address) {
			return guard.Safe(network, address, conn)
		}
		return nil
	}
	build := func(control func(string, string, syscall.RawConn) error) *net.Dialer {
		return &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second, Resolver: o.Resolver, Control: refusing(control)}
	}
	return dialer{guarded: build(guard.Safe), named: build(named), hosts: o.AllowHosts}
}

// refusing gives every refusal the same error, which does not say what kind of address it was.
func refusing(control func(string, string, syscall.RawConn) error) func(string, string, syscall.RawConn) error {
	return func(network, address string, conn syscall.RawConn) error {
		if control(network, address, conn) != nil {
			return ErrRefused
		}
		return nil
	}
}

func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%s is no address: %w", address, err)
	}
	if slices.Contains(d.hosts, normal(host)) {
		return d.named.DialContext(ctx, network, address)
	}
	return d.guarded.DialContext(ctx, network, address)
}

// normal makes names comparable: case and a final dot do not matter to DNS.
func normal(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// isMetadata finds the link-local addresses, and the one that AWS's instance metadata has in IPv6.
func isMetadata(address string) bool {
	at, err := netip.ParseAddrPort(address)
	return err != nil || at.Addr().Unmap().IsLinkLocalUnicast() || at.Addr() == netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2, 14: 0x02, 15: 0x54})
}
