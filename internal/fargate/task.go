package fargate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/agentteam/agentteam/internal/sandbox"
)

// Stage is where a task is in its life, in the words of ECS.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
type Stage string

// The stages of a task.
const (
	Provisioning Stage = "PROVISIONING" // it gets its address, its image and its secrets
	Running      Stage = "RUNNING"
	Stopping     Stage = "STOPPING" // it leaves the load balancer, then it drains
	Stopped      Stage = "STOPPED"
)

// task is one process of a service from its start to its end.
type task struct {
	id         string
	service    Service
	definition Definition
	address    netip.Addr
	started    time.Time
	log        string
	agent      *Agent

	stop     chan struct{} // closed to ask it to end
	stopOnce sync.Once

	mu       sync.Mutex
	stage    Stage
	health   Health
	known    bool // to the load balancer and in DNS
	pid      int
	reason   string // why it ended, when nobody had asked
	failures int    // of its health check, in a row
}

func (t *task) set(change func()) {
	t.mu.Lock()
	change()
	t.mu.Unlock()
	t.agent.changed()
}

// askToStop is heard once.
func (t *task) askToStop() { t.stopOnce.Do(func() { close(t.stop) }) }

// run is the whole life. What has to be undone is undone in any case.
func (t *task) run(ctx context.Context) {
	err := t.live(ctx)
	if t.address.IsValid() {
		t.agent.network.Release(t.address)
	}
	err = errors.Join(err, os.RemoveAll(t.agent.machine.writableRoot(t.id)))
	t.set(func() {
		t.stage = Stopped
		if err != nil {
			t.reason = err.Error()
		}
	})
}

func (t *task) live(ctx context.Context) error {
	address, err := t.agent.network.Address()
	if err != nil {
		return err
	}
	t.set(func() { t.address = address })
	secrets, err := t.agent.reader.Secrets(ctx, t.definition)
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: %w", err)
	}
	spec, err := t.agent.machine.spec(ctx, t.id, t.definition, secrets, t.address)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(t.log), 0o755); err != nil {
		return err
	}
	file, err := os.Create(t.log)
	if err != nil {
		return err
	}
	defer file.Close()
	spec.Stdout, spec.Stderr = file, file
	process, err := sandbox.Start(ctx, spec)
	if err != nil {
		return err
	}
	defer process.Kill() // nothing is left of one that has ended
	t.set(func() { t.stage, t.pid = Running, process.PID() })
	return t.watch(ctx, process)
}

// watch checks the task's health until it ends or is asked to.
func (t *task) watch(ctx context.Context, process *sandbox.Process) error {
	checks, cancel := context.WithCancel(ctx)
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		t.checkHealth(checks, process)
	}()
	leave := func() {
		cancel()
		<-checked
	}
	select {
	case <-process.Ended():
		leave()
		t.forget()
		return fmt.Errorf("%s of %s ended with status %d; %s ends with:\n%s",
			t.definition.Container.Name, t.definition.Name(), process.ExitCode(), t.log, tail(t.log))
	case <-t.stop:
		leave()
	}
	t.set(func() { t.stage = Stopping })
	if t.isKnown() {
		if err := t.agent.network.Deregister(t.agent.draining, t.service, t.address); err != nil && t.agent.draining.Err() == nil {
			return err
		}
	}
	return process.Stop(t.definition.Container.StopTimeout)
}

// forget makes a task that has ended unknown: there is nothing to wait for.
func (t *task) forget() {
	if !t.isKnown() {
		return
	}
	now, cancel := context.WithCancel(t.agent.draining)
	cancel()
	_ = t.agent.network.Deregister(now, t.service, t.address) // it does not wait, and says so
}

func (t *task) isKnown() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known
}
