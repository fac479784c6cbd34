package localcloud

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

const (
	startLimit = 30 * time.Second
	// endLimit covers the longest that a task may take to stop, and the data stores after it.
	endLimit = 90 * time.Second
)

// Launch is how a cloud of its own process is started.
type Launch struct {
	Command []string // its last argument is Dir, by which the process is known
	Env     []string // added to this process's own
	Dir     string
}

// StartDetached starts a cloud that outlives this process and that Find finds again.
func StartDetached(ctx context.Context, l Launch) (State, error) {
	if err := os.MkdirAll(l.Dir, 0o755); err != nil {
		return State{}, err
	}
	log, err := os.Create(LogFile(l.Dir))
	if err != nil {
		return State{}, err
	}
	defer log.Close()
	cmd := exec.Command(l.Command[0], l.Command[1:]...) //nolint:noctx // ctx bounds the start
	cmd.Env = append(os.Environ(), l.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a terminal's end is not its own
	if err := cmd.Start(); err != nil {
		return State{}, err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // the log says why
	}()
	state, err := awaitState(ctx, l.Dir, cmd.Process.Pid, exited)
	if err != nil {
		return State{}, errors.Join(err, process.Stop(cmd.Process.Pid, stopGrace))
	}
	return state, nil
}

func awaitState(ctx context.Context, dir string, pid int, exited <-chan struct{}) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if state, err := readState(dir); err != nil || state.PID == pid {
			return state, err
		}
		select {
		case <-exited:
			text, err := os.ReadFile(LogFile(dir))
			return State{}, errors.Join(fmt.Errorf("the tasks' process ended while it started: %s", strings.TrimSpace(string(text))), err)
		case <-ctx.Done():
			return State{}, fmt.Errorf("the tasks' process has not started: %w; see %s", context.Cause(ctx), LogFile(dir))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// LogFile is what a detached cloud says.
func LogFile(dir string) string { return filepath.Join(dir, "cloud.log") }

// Find gives the state of the cloud that StartDetached left running with this folder, and whether there is one.
func Find(dir string) (State, bool, error) {
	state, err := readState(dir)
	if err != nil || state.PID == 0 {
		return State{}, false, err
	}
	// After a reboot the number may belong to a stranger, who must not be stopped.
	return state, strings.HasSuffix(process.CommandLine(state.PID), dir), nil
}

// Stop ends a cloud that was found, its tasks in order, and returns when everything is gone.
func (s State) Stop() error { return process.Stop(s.PID, endLimit) }

// Follow says of which cluster the services are to be run from now on.
func Follow(dir, cluster string) error { return replace(clusterFile(dir), []byte(cluster)) }
