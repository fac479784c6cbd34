package localcloud

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The file keeps its inode and its size: tasks have it mounted, and read it at any time.
func TestNamesAreRewrittenInPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts")
	n, err := newNames(file)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	one, two := netip.MustParseAddr("127.77.0.10"), netip.MustParseAddr("127.77.0.11")
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return n.add("engine.local", one) }, "127.77.0.10 engine.local\n127.0.0.1 localhost"},
		{func() error { return n.add("engine.local", two) }, "127.77.0.10 engine.local\n127.77.0.11 engine.local\n127.0.0.1 localhost"},
		{func() error { return n.add("engine.local", two) }, "127.77.0.10 engine.local\n127.77.0.11 engine.local\n127.0.0.1 localhost"},
		{func() error { return n.remove("engine.local", one) }, "127.77.0.11 engine.local\n127.0.0.1 localhost"},
		{func() error { return n.remove("nobody.local", one) }, "127.77.0.11 engine.local\n127.0.0.1 localhost"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(file)
		if got := strings.TrimSpace(string(content)); err != nil || got != step.want || len(content) != hostsSize {
			t.Errorf("%d bytes, %v: %q, want %q", len(content), err, got, step.want)
		}
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("it is another file: %v", err)
	}
	if err := n.add(strings.Repeat("x", hostsSize), one); err == nil || !strings.Contains(err.Error(), "has room for 16384") {
		t.Errorf("too much: %v", err)
	}
}
