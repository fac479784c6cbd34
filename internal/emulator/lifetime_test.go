//go:build live

package emulator_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/process"
)

func TestStopEndsIt(t *testing.T) {
	e, err := emulator.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	if process.Alive(e.PID) {
		t.Error("the emulator is alive after Stop")
	}
}

// A test binary that is killed closes its end of the pipe; the emulator must not outlive it.
func TestEndsWithItsParent(t *testing.T) {
	if os.Getenv("EMULATOR_PARENT") != "" {
		c := config(t)
		c.Dir = os.Getenv("EMULATOR_PARENT")
		if _, err := emulator.Start(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		os.Exit(0) // as abrupt as a kill: no cleanup runs
	}
	dir := t.TempDir()
	parent := exec.Command(os.Args[0], "-test.run=^TestEndsWithItsParent$")
	parent.Env = append(os.Environ(), "EMULATOR_PARENT="+dir)
	if out, err := parent.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	waitUntilNoProcessNames(t, filepath.Join(dir, "patches"))
}

func waitUntilNoProcessNames(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		processes, err := psprocess.Processes()
		if err != nil {
			t.Fatal(err)
		}
		named := func(p *psprocess.Process) bool {
			line, err := p.Cmdline()
			return err == nil && strings.Contains(line, text)
		}
		if !slices.ContainsFunc(processes, named) {
			return
		}
	}
	t.Errorf("a process of %s is still alive", text)
}
