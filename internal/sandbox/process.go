package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"
)

// The descriptors that bwrap gets beside the three standard ones.
const (
	infoDescriptor      = 3
	argumentsDescriptor = 4
)

// Process is a running program. It ends with this process, however that ends.
type Process struct {
	spec  Spec
	bwrap *exec.Cmd
	init  int // the process id of the init process on this machine
	pid   int // of the program, its child
	ended chan struct{}
}

// Start runs the program and returns once its process is there.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	cmd, err := command(spec)
	if err != nil {
		return nil, err
	}
	p := &Process{spec: spec, bwrap: cmd, ended: make(chan struct{})}
	info, err := launch(cmd, spec.arguments())
	if err != nil {
		return nil, fmt.Errorf("start bwrap: %w", err)
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // the result stands in ProcessState
	}()
	if p.init, err = initProcess(info); err != nil {
		p.Kill()
		return nil, errors.Join(fmt.Errorf("bwrap ended before it ran %s: %w", spec.Command[0], err), Check(ctx))
	}
	p.pid = p.awaitProgram()
	return p, nil
}

// command sets the memory limit before bwrap starts: a limit passes on to everything below.
func command(spec Spec) (*exec.Cmd, error) {
	bwrap, err := find("bwrap", "bubblewrap")
	if err != nil {
		return nil, err
	}
	prlimit, err := find("prlimit", "util-linux")
	if err != nil {
		return nil, err
	}
	limit := "unlimited"
	if spec.Memory > 0 {
		limit = strconv.FormatInt(spec.Memory, 10)
	}
	arguments := []string{
		"--data=" + limit, bwrap, "--info-fd", strconv.Itoa(infoDescriptor), "--args", strconv.Itoa(argumentsDescriptor), "--",
	}
	cmd := exec.Command(prlimit, append(arguments, spec.Command...)...) //nolint:noctx // it runs until Stop
	cmd.Env = []string{}                                                // not nil, which would be this process's own
	cmd.Stdout, cmd.Stderr = spec.Stdout, spec.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C is for us
	return cmd, nil
}

// launch starts bwrap with its arguments in a pipe, and gives what it says about the sandbox.
func launch(cmd *exec.Cmd, arguments []string) (info []byte, err error) {
	infoRead, infoWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer infoRead.Close()
	argumentsRead, argumentsWrite, err := os.Pipe()
	if err != nil {
		infoWrite.Close()
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{infoWrite, argumentsRead}
	err = cmd.Start()
	infoWrite.Close()
	argumentsRead.Close()
	if err != nil {
		argumentsWrite.Close()
		return nil, err
	}
	_, _ = io.WriteString(argumentsWrite, strings.Join(arguments, "\x00")+"\x00") // bwrap says what it misses
	argumentsWrite.Close()
	info, _ = io.ReadAll(infoRead) // an early end shows in the text
	return info, nil
}

func initProcess(info []byte) (int, error) {
	var parsed struct {
		PID int `json:"child-pid"`
	}
	if err := json.Unmarshal(info, &parsed); err != nil {
		return 0, fmt.Errorf("its information is %q: %w", info, err)
	}
	return parsed.PID, nil
}

// PID is the program's process id on this machine, or 0 when it ended at once.
func (p *Process) PID() int { return p.pid }

// awaitProgram waits for the moment that the init process needs to start the program.
func (p *Process) awaitProgram() (pid int) {
	for {
		if first, err := psprocess.NewProcess(int32(p.init)); err == nil {
			if children, err := first.Children(); err == nil && len(children) > 0 {
				return int(children[0].Pid)
			}
		}
		select {
		case <-p.ended:
			return 0
		case <-time.After(time.Millisecond):
		}
	}
}

// Signal reaches the program itself, not its init process, which would ignore it. A program that has ended is no error.
func (p *Process) Signal(signal syscall.Signal) error {
	select {
	case <-p.ended: // its number may be a stranger's
		return nil
	default:
	}
	if p.pid == 0 {
		return nil
	}
	if err := syscall.Kill(p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %v to process %d: %w", signal, p.pid, err)
	}
	return nil
}

// Stop sends SIGTERM, and SIGKILL to what is left after the grace period. It returns when everything is gone.
func (p *Process) Stop(grace time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(grace):
		p.Kill()
	}
	return nil
}

// Kill ends the sandbox with all its processes and returns when they are gone.
func (p *Process) Kill() {
	select {
	case <-p.ended:
		return
	default:
	}
	if p.init != 0 {
		_ = syscall.Kill(p.init, syscall.SIGKILL) // the kernel kills what is below it, and bwrap ends then
	} else {
		_ = p.bwrap.Process.Kill() // it has not got so far; one that has ended is no error
	}
	<-p.ended
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// ExitCode waits for the program's end. A signal's number is 128 below the code, as a shell reports it.
func (p *Process) ExitCode() int {
	<-p.ended
	if status, ok := p.bwrap.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return p.bwrap.ProcessState.ExitCode()
}

// Exec runs a second command in the program's surroundings, such as a health check, and gives what it printed. It sees
// the same files, environment, user, limit and network, but not the program's processes.
func (p *Process) Exec(ctx context.Context, command ...string) (output string, err error) {
	spec, out := p.spec, &bytes.Buffer{}
	spec.Command, spec.Stdout, spec.Stderr = command, out, out
	second, err := Start(ctx, spec)
	if err != nil {
		return "", err
	}
	select {
	case <-second.Ended():
	case <-ctx.Done():
		second.Kill()
		return out.String(), fmt.Errorf("%s was ended: %w", command[0], ctx.Err())
	}
	if code := second.ExitCode(); code != 0 {
		return out.String(), fmt.Errorf("%s ended with status %d: %s", strings.Join(command, " "), code, strings.TrimSpace(out.String()))
	}
	return out.String(), nil
}
