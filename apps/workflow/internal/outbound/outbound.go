// Package outbound is the one client for HTTP requests whose address a user chose. It refuses private,
// loopback, link-local, metadata and translated addresses when it dials, after the name is resolved, so
// that neither a redirect nor an answer of DNS that changes leads into the operator's network.
package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Bounds of one request.
const (
	MaxBody      = 4 << 20  // of an answer, after decompression
	MaxHeaders   = 64 << 10 // of an answer
	MaxRedirects = 3
	MaxDuration  = 10 * time.Minute // whatever the caller's context allows
)

// ErrRefused is part of the error when an address is private and no operator allowed it.
var ErrRefused = errors.New("the address is private or reserved; an operator can open it with OUTBOUND_ALLOW")

// ErrTooLarge is the error of reading an answer beyond MaxBody.
var ErrTooLarge = errors.New("the answer has more than 4 MiB")

// Options open private destinations.
type Options struct {
	AllowPrefixes []netip.Prefix
	// AllowHosts may resolve to private addresses, but not to link-local ones: cloud metadata needs a prefix.
	AllowHosts []string
	// Resolver is that of the system if nil.
	Resolver *net.Resolver
}

// NewClient makes the client. It knows no proxy: a proxy would dial where no check sees it.
func NewClient(o Options) *http.Client {
	dialer := newDialer(o)
	return &http.Client{
		Timeout:       MaxDuration,
		CheckRedirect: checkRedirect,
		Transport: bounded{inner: &http.Transport{
			DialContext:            dialer.dial,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxResponseHeaderBytes: MaxHeaders,
			MaxIdleConns:           100,
			MaxIdleConnsPerHost:    100,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		}},
	}
}
