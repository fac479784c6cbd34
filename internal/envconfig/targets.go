package envconfig

import (
	"fmt"
	"net/netip"
	"strings"
)

// AllowedTargets are private destinations that an operator opens for outgoing HTTP.
type AllowedTargets struct {
	Prefixes []netip.Prefix
	Hosts    []string // lower case, compared as a whole
}

// maxTargets keeps the list one that somebody can still oversee.
const maxTargets = 100

// UnmarshalText accepts a comma-separated list of address ranges (10.1.0.0/16), addresses and host names.
func (a *AllowedTargets) UnmarshalText(text []byte) error {
	entries := strings.Split(string(text), ",")
	if len(entries) > maxTargets {
		return fmt.Errorf("must have at most %d entries, got %d", maxTargets, len(entries))
	}
	for _, entry := range entries {
		if err := a.add(strings.TrimSpace(entry)); err != nil {
			return err
		}
	}
	return nil
}

func (a *AllowedTargets) add(entry string) error {
	if address, err := netip.ParseAddr(entry); err == nil && address.Zone() == "" {
		address = address.Unmap()
		a.Prefixes = append(a.Prefixes, netip.PrefixFrom(address, address.BitLen()))
		return nil
	}
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		if prefix.Masked() != prefix {
			return fmt.Errorf("must hold ranges without host bits: write %s instead of %s", prefix.Masked(), prefix)
		}
		a.Prefixes = append(a.Prefixes, prefix)
		return nil
	}
	if !isHostName(entry) {
		return fmt.Errorf("must hold address ranges such as 10.1.0.0/16 and host names such as crm.internal, separated by commas, got %q", entry)
	}
	a.Hosts = append(a.Hosts, strings.ToLower(entry))
	return nil
}

// isHostName is RFC 1123, with a last label that is no number: 010.1 would be an address to some resolvers.
func isHostName(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInName) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(name) <= 253 && (last[0] < '0' || last[0] > '9')
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
