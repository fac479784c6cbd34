package process_test

import (
	"bufio"
	"context"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

// start runs a shell script and returns when it has printed a line.
func start(ctx context.Context, t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := process.Command(ctx, "sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestCancelWaitsForAnOrderlyEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := start(ctx, t, `trap 'sleep 1; exit 7' INT; echo ready; while :; do sleep 0.1; done`)
	cancel()
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Errorf("exit code %d, want 7: the program was not left to end by itself", code)
	}
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	tests := map[string]string{
		"willing": `sleep 60 & echo ready; wait`,
		"deaf":    `trap '' TERM; sleep 60 & echo ready; while :; do sleep 0.1; done`,
	}
	for name, script := range tests {
		t.Run(name, func(t *testing.T) {
			cmd := start(context.Background(), t, script)
			go func() { _ = cmd.Wait() }() // a zombie counts as a member of its group
			if err := process.Stop(cmd.Process.Pid, 300*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if process.Alive(cmd.Process.Pid) {
				t.Error("the group is alive")
			}
			if err := process.Stop(cmd.Process.Pid, time.Second); err != nil {
				t.Errorf("stopping what has ended: %v", err)
			}
		})
	}
}

func TestDescendantsCrossSessions(t *testing.T) {
	cmd := start(t.Context(), t, `setsid sh -c 'echo ready; sleep 60; :'; :`)
	var family []int
	for deadline := time.Now().Add(5 * time.Second); len(family) != 1; time.Sleep(10 * time.Millisecond) { // the shell has yet to start it
		if time.Now().After(deadline) {
			t.Fatalf("descendants are %v, want the one sleep", family)
		}
		family = process.Descendants(cmd.Process.Pid, "sleep")
	}
	if process.WaitEnded(family, 100*time.Millisecond) {
		t.Error("they count as ended while they run")
	}
	for _, pid := range family {
		_ = exec.Command("kill", "-9", strconv.Itoa(pid)).Run() // WaitEnded says whether it did
	}
	if !process.WaitEnded(family, 5*time.Second) {
		t.Error("they count as running after their end")
	}
	_ = cmd.Wait()
}
