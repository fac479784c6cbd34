// Package process starts programs as process groups, so that stopping one stops everything it started
// and a terminal's Ctrl-C reaches it once, through its context, instead of twice.
package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"
)

// Command is exec.CommandContext in a process group of its own. A canceled context sends the group one
// SIGINT, and Wait then waits for the program to end, however long it takes: terraform saves its state meanwhile.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return signalGroup(cmd.Process.Pid, syscall.SIGINT) }
	return cmd
}

// Stop ends a process group: SIGTERM, and SIGKILL for what is left after the grace period.
// It returns once the group is empty; a group that is already gone is no error.
func Stop(group int, grace time.Duration) error {
	if err := signalGroup(group, syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return nil
	} else if err != nil {
		return err
	}
	if waitGone(group, grace) {
		return nil
	}
	if err := signalGroup(group, syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	waitGone(group, grace)
	return nil
}

// Alive says whether a member of the process group still runs.
func Alive(group int) bool {
	if errors.Is(signalGroup(group, 0), os.ErrProcessDone) {
		return false
	}
	pids, err := psprocess.Pids()
	return err != nil || slices.ContainsFunc(pids, func(pid int32) bool {
		its, err := syscall.Getpgid(int(pid))
		return err == nil && its == group && running(int(pid))
	})
}

func signalGroup(group int, signal syscall.Signal) error {
	err := syscall.Kill(-group, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

func waitGone(group int, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for Alive(group) {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}
