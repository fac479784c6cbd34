package localcloud

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
)

// hostsSize is what the file of names always has: it is rewritten in place under mounts, and a shorter one would
// be read with the end of a longer one.
const hostsSize = 16 << 10

// names are the private DNS of an environment, as a hosts file that is mounted into each task. Several lines for one name
// are several answers.
type names struct {
	file string

	mu        sync.Mutex
	addresses map[string][]netip.Addr
}

func newNames(file string) (*names, error) {
	n := &names{file: file, addresses: map[string][]netip.Addr{"localhost": {netip.MustParseAddr("127.0.0.1")}}}
	return n, n.write()
}

// add gives a name one more address.
func (n *names) add(name string, address netip.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.Contains(n.addresses[name], address) {
		return nil
	}
	n.addresses[name] = append(n.addresses[name], address)
	return n.write()
}

func (n *names) remove(name string, address netip.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses[name] = slices.DeleteFunc(n.addresses[name], func(a netip.Addr) bool { return a == address })
	return n.write()
}

// snapshot is every name with its addresses now.
func (n *names) snapshot() map[string][]netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	copied := map[string][]netip.Addr{}
	for name, addresses := range n.addresses {
		copied[name] = slices.Clone(addresses)
	}
	return copied
}

// write replaces the content with one system call, so that readers see the old one or the new one.
func (n *names) write() error {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(n.addresses)) {
		for _, address := range n.addresses[name] {
			fmt.Fprintf(&text, "%s %s\n", address, name)
		}
	}
	if text.Len() > hostsSize {
		return fmt.Errorf("%s would have %d bytes, and has room for %d", n.file, text.Len(), hostsSize)
	}
	file, err := os.OpenFile(n.file, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteAt([]byte(text.String()+strings.Repeat("\n", hostsSize-text.Len())), 0)
	return err
}
