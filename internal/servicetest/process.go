package servicetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

// patience bounds every wait: far above what a loaded machine needs.
const patience = 20 * time.Second

// Process is a running service.
type Process struct {
	command *exec.Cmd
	log     process.Output
	ended   chan struct{}
	retired bool // it was killed, or ended without fault, before its test did; known once it has ended
}

// Start runs a binary with exactly this environment. The test's end kills it if it still runs, and reports
// its log if the test failed.
func Start(t *testing.T, environ []string, binary string, arguments ...string) *Process {
	t.Helper()
	p := &Process{command: exec.CommandContext(t.Context(), binary, arguments...), ended: make(chan struct{})}
	p.command.Env, p.command.Stderr = environ, &p.log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // Wait's result stands in ProcessState
		p.retired = t.Context().Err() == nil && p.command.ProcessState.ExitCode() <= 0
	}()
	t.Cleanup(func() {
		<-p.ended
		if t.Failed() {
			p.report(t)
		}
	})
	return p
}

// Address waits until the service listens and gives the address.
func (p *Process) Address(t *testing.T) string {
	t.Helper()
	return p.Logged(t, "listening").Address
}

// Entry is one line of a service's log.
type Entry struct{ Msg, Address string }

// Logged waits for a message in the service's log and gives its line.
func (p *Process) Logged(t *testing.T, message string) (entry Entry) {
	t.Helper()
	Eventually(t, "the service logs "+message, func() bool {
		for line := range strings.Lines(p.log.String()) {
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == message {
				return true
			}
		}
		return false
	})
	return entry
}

// Log is what the service has logged so far.
func (p *Process) Log() string { return p.log.String() }

// Signal sends the process a signal, if it still runs.
func (p *Process) Signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("send %v: %v", signal, err)
	}
}

// PID is the process's number.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended says whether the process is gone.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Wait gives the exit status, -1 for a death by signal.
func (p *Process) Wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.command.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatalf("the process did not end within %v", patience)
		return 0
	}
}

// Run runs a binary with exactly this environment to its end.
func Run(t *testing.T, environ []string, binary string, arguments ...string) (stdout, stderr string, exit int) {
	t.Helper()
	var out, err bytes.Buffer
	command := exec.CommandContext(t.Context(), binary, arguments...)
	command.Env, command.Stdout, command.Stderr = environ, &out, &err
	var failed *exec.ExitError
	if problem := command.Run(); problem != nil && !errors.As(problem, &failed) {
		t.Fatal(problem)
	}
	return out.String(), err.String(), command.ProcessState.ExitCode()
}

// Eventually waits for a condition and fails the test if it never comes true.
func Eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %v it did not come true that %s", patience, what)
		}
	}
}
