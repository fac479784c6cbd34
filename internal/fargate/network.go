package fargate

import (
	"context"
	"net/netip"
)

// Network is where tasks have their addresses and are made known.
type Network interface {
	// Address takes an address that no other task has, until Release.
	Address() (netip.Addr, error)
	Release(address netip.Addr)
	// Register makes a healthy task known to the service's target groups and in its DNS name.
	Register(ctx context.Context, s Service, address netip.Addr) error
	// Serving says whether the service's target groups find the task healthy.
	Serving(s Service, address netip.Addr) bool
	// Deregister sends the task nothing more, and returns when what it was sent is answered or when the context ends.
	Deregister(ctx context.Context, s Service, address netip.Addr) error
}
