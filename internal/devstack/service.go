package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

const (
	readyLimit = 30 * time.Second
	readyLook  = 20 * time.Millisecond
	stopGrace  = 20 * time.Second
	lastLines  = 15
	maxLine    = 500
)

// Service is one of the two services as a process, with its log in a file.
type Service struct {
	name     string
	log      string
	command  *exec.Cmd
	exited   chan struct{}
	stopping atomic.Bool
	killed   atomic.Bool
}

// run starts a service in a process group of its own: a terminal's Ctrl-C is for us, who stop it in order.
func (s *Stack) run(name, binary string, environ []string, arguments ...string) (*Service, error) {
	file, err := os.Create(filepath.Join(s.logs(), name+".log"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.Command(binary, arguments...) //nolint:noctx // it ends in its turn, not with a context
	cmd.Env, cmd.Stdout, cmd.Stderr = environ, file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	service := &Service{name: name, log: file.Name(), command: cmd, exited: make(chan struct{})}
	go s.await(service)
	s.mu.Lock()
	s.services = append(s.services, service)
	s.mu.Unlock()
	s.started(name, service.stop)
	return service, s.guard.Watch(cmd.Process.Pid)
}

// await reaps the process and tells when it was not we who ended it.
func (s *Stack) await(service *Service) {
	_ = service.command.Wait() // its result stands in ProcessState
	close(service.exited)
	if service.stopping.Load() {
		return
	}
	select {
	case s.ended <- service.crash():
	default: // another one was first
	}
}

// awaitReady returns when the probe succeeds, and fails when the process ends before.
func (p *Service) awaitReady(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return p.crash()
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w; %s ends with:\n%s", p.name, err, p.log, p.tail())
		case <-time.After(readyLook):
		}
	}
}

// stop asks the process to drain, and kills it when it takes too long. Of one that has ended by itself Ended tells.
func (p *Service) stop() error {
	select {
	case <-p.exited:
		return nil
	default:
		p.stopping.Store(true)
	}
	if err := process.Stop(p.command.Process.Pid, stopGrace); err != nil {
		return err
	}
	<-p.exited
	if state := p.command.ProcessState; !state.Success() && !p.killed.Load() {
		return fmt.Errorf("it ended with %s; %s ends with:\n%s", state, p.log, p.tail())
	}
	return nil
}

func (p *Service) kill() {
	p.stopping.Store(true)
	p.killed.Store(true)
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) // one that has ended needs none
}

func (p *Service) crash() error {
	return fmt.Errorf("%s ended by itself (%s); %s ends with:\n%s", p.name, p.command.ProcessState, p.log, p.tail())
}

func (p *Service) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	lines = lines[max(0, len(lines)-lastLines):]
	for i, line := range lines {
		lines[i] = "  " + line[:min(len(line), maxLine)]
	}
	return strings.Join(lines, "\n")
}
