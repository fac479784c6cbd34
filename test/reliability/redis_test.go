//go:build live

package reliability_test

import (
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/agentteam/agentteam/internal/servicetest"
)

// cache is a Redis that can be taken away: the real one where it is installed, else miniredis.
type cache struct {
	address string
	program string
	process *exec.Cmd
	mini    *miniredis.Miniredis
}

func newCache(t *testing.T) *cache {
	t.Helper()
	c := &cache{}
	c.program, _ = exec.LookPath("redis-server")
	if c.program == "" {
		c.mini = miniredis.RunT(t)
		c.address = c.mini.Addr()
		return c
	}
	c.address = freeAddress(t)
	c.start(t)
	t.Cleanup(func() {
		if c.process != nil {
			_ = c.process.Wait() // the test's context has ended it
		}
	})
	return c
}

func (c *cache) url() string { return "redis://" + c.address }

// start returns when connections are taken.
func (c *cache) start(t *testing.T) {
	t.Helper()
	if c.mini != nil {
		if err := c.mini.Restart(); err != nil {
			t.Fatal(err)
		}
		return
	}
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		t.Fatal(err)
	}
	c.process = exec.CommandContext(t.Context(), c.program, "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	servicetest.Eventually(t, "redis-server takes connections", func() bool {
		conn, err := net.DialTimeout("tcp", c.address, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// kill ends it at once.
func (c *cache) kill(t *testing.T) {
	t.Helper()
	if c.mini != nil {
		c.mini.Close()
		return
	}
	if err := c.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.process.Wait() // it says that it was killed
	c.process = nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
