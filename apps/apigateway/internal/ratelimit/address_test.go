package ratelimit_test

import (
	"net/http"
	"testing"

	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:4711", nil, "203.0.113.9"},
		{"no proxy, and a client that lies", "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9"},
		{"load balancer", "10.0.1.5:80", []string{"203.0.113.9"}, "203.0.113.9"},
		{"load balancer, and a client that lies", "10.0.1.5:80", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"in two headers", "10.0.1.5:80", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{"API Gateway", "10.0.1.5:80", []string{"203.0.113.9, 10.0.2.7"}, "203.0.113.9"},
		{"API Gateway, and a client that lies", "10.0.1.5:80", []string{"198.51.100.1, 203.0.113.9, 10.0.2.7"}, "203.0.113.9"},
		{"never further than our own proxies", "10.0.1.5:80", []string{"198.51.100.1, 10.9.9.9, 10.0.2.7"}, "10.9.9.9"},
		{"with a port", "10.0.1.5:80", []string{"203.0.113.9:50123"}, "203.0.113.9"},
		{"IPv6 with a port", "10.0.1.5:80", []string{"[2001:db8:1:2:3::4]:50123"}, "2001:db8:1:2::/64"},
		{"IPv6", "[2001:db8:1:2:ffff::9]:1", nil, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:1", nil, "203.0.113.9"},
		{"a client within", "10.0.1.5:80", []string{"10.0.3.3"}, "10.0.3.3"},
		{"rubbish", "10.0.1.5:80", []string{"for=everyone"}, "10.0.1.5"},
		{"nothing", "", []string{"203.0.113.9"}, "unknown"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := ratelimit.Address(r); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.9, 10.0.0.2")
	f.Add("[fe80::1%eth0]:1", ",,[::")
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		if got := ratelimit.Address(r); got == "" || len(got) > 64 {
			t.Errorf("%q behind %q is %q", forwarded, peer, got)
		}
	})
}
