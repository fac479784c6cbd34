package localcloud

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/agentteam/agentteam/internal/process"
)

// cache stands for ElastiCache: one Redis with the name and the TLS of the deployed one.
type cache struct {
	host string
	kind string
	stop func() error
}

// useCache runs the Redis that a variable names, if it does.
func (c *Cloud) useCache(ctx context.Context, value string) error {
	at, found := redisURL(value)
	if !found {
		return nil
	}
	encrypted, found := c.endpoints.Caches[at.Host]
	if !found || encrypted != (at.Scheme == "rediss") {
		return fmt.Errorf("a variable names the Redis %s, which is no endpoint of ElastiCache with that encryption", at.Redacted())
	}
	if c.cache != nil && c.cache.host != at.Hostname() {
		return fmt.Errorf("the tasks use %s and %s: this machine runs one Redis", c.cache.host, at.Hostname())
	}
	if c.cache != nil {
		return nil
	}
	address := net.JoinHostPort(c.block.address(cachePlace).String(), at.Port())
	started, err := c.startCache(ctx, at.Hostname(), address, encrypted)
	if err != nil {
		return err
	}
	c.cache = started
	c.log.Info("Redis runs", "for", at.Hostname(), "at", address, "kind", c.cache.kind)
	return c.names.add(at.Hostname(), c.block.address(cachePlace))
}

func redisURL(value string) (at *url.URL, found bool) {
	at, err := url.Parse(value)
	return at, err == nil && (at.Scheme == "redis" || at.Scheme == "rediss")
}

func (c *Cloud) startCache(ctx context.Context, host, address string, encrypted bool) (*cache, error) {
	certificate, key, err := c.authority.Issue(host)
	if err != nil {
		return nil, err
	}
	if program, err := exec.LookPath("redis-server"); err == nil {
		stop, err := c.startRedis(ctx, program, address, certificate, key, encrypted)
		return &cache{host, "redis-server", stop}, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	stop, err := startSimulatedRedis(address, pair, encrypted)
	return &cache{host, "miniredis, a simulation: there is no redis-server on the PATH", stop}, err
}

// startRedis runs the machine's Redis until stop, or until this process ends.
func (c *Cloud) startRedis(ctx context.Context, program, address string, certificate, key []byte, encrypted bool) (stop func() error, err error) {
	folder := filepath.Join(c.options.Dir, "redis")
	files := map[string][]byte{"certificate.pem": certificate, "key.pem": key}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(program, redisArguments(address, encrypted)...) //nolint:noctx // it runs until stop
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // the log says why
	}()
	stop = func() error { return process.Stop(cmd.Process.Pid, stopGrace) }
	if err := errors.Join(c.guard.Watch(cmd.Process.Pid), awaitListening(ctx, address, exited)); err != nil {
		return nil, errors.Join(fmt.Errorf("start redis-server, see %s: %w", log.Name(), err), stop())
	}
	return stop, nil
}

func redisArguments(address string, encrypted bool) []string {
	host, port, _ := net.SplitHostPort(address) // our own
	arguments := []string{"--bind", host, "--save", "", "--appendonly", "no", "--protected-mode", "no"}
	if !encrypted {
		return append(arguments, "--port", port)
	}
	return append(arguments, "--port", "0", "--tls-port", port, "--tls-auth-clients", "no",
		"--tls-cert-file", "certificate.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file", "certificate.pem")
}

func awaitListening(ctx context.Context, address string, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-exited:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// startSimulatedRedis lets keys age: miniredis leaves its clock to whoever runs it.
func startSimulatedRedis(address string, pair tls.Certificate, encrypted bool) (stop func() error, err error) {
	server := miniredis.NewMiniRedis()
	if encrypted {
		err = server.StartAddrTLS(address, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	} else {
		err = server.StartAddr(address)
	}
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(time.Second)
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				server.FastForward(time.Second)
			}
		}
	}()
	return func() error {
		ticker.Stop()
		close(ended)
		server.Close()
		return nil
	}, nil
}
