package devstack

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The services' names, of their logs and for PID and Restart.
const (
	Engine  = "engine"
	Gateway = "gateway"
)

// Database is the URL of the services' database.
func (s *Stack) Database() string { return s.database }

// InternalKey signs callers, for whom asks the engine directly.
func (s *Stack) InternalKey() string { return s.internal }

// PID is a service's process.
func (s *Stack) PID(name string) (int, error) {
	service, err := s.service(name)
	if err != nil {
		return 0, err
	}
	return service.command.Process.Pid, nil
}

// Restart stops a service, starts it with the same command, and gives the time from its start until it is ready.
func (s *Stack) Restart(ctx context.Context, name string, ready func(context.Context) error) (time.Duration, error) {
	before, err := s.service(name)
	if err != nil {
		return 0, err
	}
	if err := before.stop(); err != nil {
		return 0, err
	}
	began := time.Now()
	after, err := s.run(name, before.command.Path, before.command.Env, before.command.Args[1:]...)
	if err != nil {
		return 0, err
	}
	err = after.awaitReady(ctx, ready)
	return time.Since(began), err
}

// service is the newest process of that name.
func (s *Stack) service(name string) (*Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, service := range slices.Backward(s.services) {
		if service.name == name {
			return service, nil
		}
	}
	return nil, fmt.Errorf("there is no service %q", name)
}
