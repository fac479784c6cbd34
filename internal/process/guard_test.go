package process_test

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/agentteam/agentteam/internal/process"
)

// The guard ends what it watches when the pipe closes, which a SIGKILL of this process does too.
func TestGuardEndsWhatItsOwnerLeft(t *testing.T) {
	g, err := process.StartGuard()
	if err != nil {
		t.Fatal(err)
	}
	var groups []int
	for _, script := range []string{"echo ready; sleep 60", "trap '' TERM; echo ready; sleep 60; sleep 60"} {
		cmd := exec.Command("sh", "-c", script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		ready, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := ready.Read(make([]byte, 6)); err != nil {
			t.Fatal(err)
		}
		go func() { _ = cmd.Wait() }() // a zombie counts as a member of its group
		if err := g.Watch(cmd.Process.Pid); err != nil {
			t.Fatal(err)
		}
		groups = append(groups, cmd.Process.Pid)
	}
	if err := g.Dismiss(); err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		if process.Alive(group) {
			t.Errorf("group %d is left", group)
			_ = syscall.Kill(-group, syscall.SIGKILL)
		}
	}
}
