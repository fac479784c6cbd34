//go:build live

package commands_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"

	"github.com/agentteam/agentteam/internal/process"
)

// A Ctrl-C in the middle of an apply: what exists is in the state, the lock is gone, no process is left.
func TestInterruptedDeploy(t *testing.T) {
	e := startAWS(t)
	makeDemoBucket(t, e)
	f := demoFolder(t, e, `, "terraform_data": {"slow": {"depends_on": ["aws_ssm_parameter.demo"],
		"provisioner": {"local-exec": {"command": "echo sleeping; exec sleep 120"}}}}`)
	interrupt(t, f.agentteamCommand(t.Context(), "deploy", "demo", "--auto-approve"), func(output string) bool {
		return strings.Contains(output, "sleeping")
	})
	f.wantNoProcess(t)
	if status, _ := s3(t, e, http.MethodGet, "/"+demoBucket+"/"+demoKey+".tflock", ""); status != http.StatusNotFound {
		t.Errorf("the state's lock answers %d, want it gone", status)
	}
	if _, state := s3(t, e, http.MethodGet, "/"+demoBucket+"/"+demoKey, ""); !strings.Contains(state, "aws_ssm_parameter") {
		t.Errorf("the state lacks the parameter that was made: %s", state)
	}
}

// The same for up, while cdktf has terraform on a terminal of its own.
func TestInterruptedUp(t *testing.T) {
	f := newCheckout(t)
	interrupt(t, f.agentteamCommand(t.Context(), "up", "--port=0", "--http-port=0"), func(string) bool {
		log, err := os.ReadFile(filepath.Join(f.dir, ".agentteam", "logs", "development.log"))
		return err == nil && strings.Contains(string(log), "Creation complete")
	})
	f.wantNoProcess(t)
	if _, err := os.Stat(filepath.Join(f.dir, ".agentteam")); !os.IsNotExist(err) {
		t.Errorf(".agentteam is left: %v", err)
	}
}

// interrupt sends SIGINT once the command is as far as wanted, and wants the exit code of an interruption.
func interrupt(t *testing.T, cmd *exec.Cmd, ready func(output string) bool) {
	t.Helper()
	output := new(process.Output)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Minute); !ready(output.String()); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("it did not get so far in 10 minutes")
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != 130 || t.Failed() {
		t.Fatalf("exit code %d, want 130\n%s", code, output)
	}
}

// wantNoProcess fails when a process works in the folder or names it.
func (f folder) wantNoProcess(t *testing.T) {
	t.Helper()
	all, err := psprocess.Processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		line, _ := p.Cmdline() // a process may end while we look
		dir, _ := p.Cwd()
		if strings.Contains(line, f.dir) || strings.HasPrefix(dir, f.dir) {
			t.Errorf("process %d is left in %s: %s", p.Pid, dir, line)
		}
	}
}
