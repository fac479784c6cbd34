// Package devstack runs both services on this machine with everything they need: a PostgreSQL of their own, a Redis,
// simulated models for the providers without a key, and a server for the examples to call. `agentteam dev`
// and the tests of the examples are its users.
package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/agentteam/agentteam/internal/modelsim"
	"github.com/agentteam/agentteam/internal/process"
)

// Options are the choices of a stack.
type Options struct {
	Root  string    // the module's folder, from which the services are built
	Dir   string    // receives binaries and logs; created when missing
	Data  string    // keeps the database between starts; empty: it is temporary
	Out   io.Writer // a line for each step
	Env   []string  // of the services, beside what the stack sets; its provider keys win over the simulation
	Ports Ports
	// Models says what the simulated models answer; to what it leaves out they answer by themselves.
	Models modelsim.Script
}

// Stack is both services and what they need, running.
type Stack struct {
	// Gateway is the base URL of the HTTP API.
	Gateway string
	// Engine and Metrics are host:port of the engine's gRPC server and its metrics.
	Engine, Metrics string
	// Samples is the base URL of the server that the examples call.
	Samples string
	// Simulated names the providers whose words come from this machine.
	Simulated []string
	// BuildTime is how much of the start went into compiling.
	BuildTime time.Duration

	options  Options
	internal string // signs callers from the gateway to the engine
	sealing  string // CREDENTIALS_KEY
	database string
	redis    string
	models   string
	binaries binaries
	guard    *process.Guard

	mu       sync.Mutex
	parts    []part // in the order of their start
	services []*Service
	ended    chan error // the first service that ended by itself
}

// part is something to stop.
type part struct {
	name string
	stop func() error
}

// Start builds and starts everything and returns when requests are served. What it started is stopped if it fails.
func Start(ctx context.Context, options Options) (*Stack, error) {
	s := &Stack{options: options, internal: rand.Text() + rand.Text(), ended: make(chan error, 1)}
	for _, step := range []func(context.Context) error{
		s.prepare, s.build, s.startDatabase, s.startRedis, s.startModels, s.startSamples, s.startEngine, s.startGateway,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	return s, nil
}

// Ended gives an error when a service has ended by itself, with the last lines of its log.
func (s *Stack) Ended() <-chan error { return s.ended }

// Stop ends everything in the reverse order of its start, and leaves nothing but data, logs and binaries.
func (s *Stack) Stop() error {
	s.mu.Lock()
	parts := s.parts
	s.parts = nil
	s.mu.Unlock()
	var problems []error
	for _, p := range slices.Backward(parts) {
		if err := p.stop(); err != nil {
			problems = append(problems, fmt.Errorf("stop %s: %w", p.name, err))
		}
	}
	return errors.Join(problems...)
}

// Kill ends the services at once, while Stop may be waiting for them: Stop then goes on with the rest.
func (s *Stack) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, service := range s.services {
		service.kill()
	}
}

func (s *Stack) started(name string, stop func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, part{name, stop})
}

func (s *Stack) prepare(context.Context) error {
	if err := os.MkdirAll(s.logs(), 0o755); err != nil {
		return err
	}
	var err error
	if s.guard, err = process.StartGuard(); err != nil {
		return err
	}
	s.started("the guard", s.guard.Dismiss)
	s.sealing, err = s.credentialsKey()
	return err
}

func (s *Stack) logs() string { return filepath.Join(s.options.Dir, "logs") }

func (s *Stack) reportf(format string, arguments ...any) {
	fmt.Fprintf(s.options.Out, "  "+format+"\n", arguments...)
}
