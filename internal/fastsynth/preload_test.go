package fastsynth

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestKernelEndsAfterItsIndexWorker(t *testing.T) {
	for _, c := range []struct {
		name, env string
		written   bool
	}{
		{"with the preload", "", true},
		{"opted out", OptOut + "=1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			index := filepath.Join(t.TempDir(), "index")
			cmd := node("testdata/kernel/program.js", index)
			cmd.Env = append(os.Environ(), c.env)
			output, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 3 {
				t.Fatalf("ended with %v, want exit status 3 as the kernel gave it: %s", err, output)
			}
			if _, err := os.Stat(index); (err == nil) != c.written {
				t.Errorf("index written: %v, want %v", err == nil, c.written)
			}
		})
	}
}

func TestOtherNodeProcessesAreLeftAlone(t *testing.T) {
	with, err := node("testdata/state.js").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, with)
	}
	without, err := exec.Command("node", "testdata/state.js").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, without)
	}
	if string(with) != string(without) {
		t.Errorf("with the preload %swithout %s", with, without)
	}
}

func TestLauncherIsSilencedForTheRunningNode(t *testing.T) {
	launcher := filepath.Join(t.TempDir(), "jsii-runtime.js")
	script := `console.log(process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION === process.versions.node.split('.')[0])`
	if err := os.WriteFile(launcher, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := node(launcher).CombinedOutput()
	if err != nil || strings.TrimSpace(string(output)) != "true" {
		t.Errorf("silenced for the running release: %s %v, want true", output, err)
	}
}

// node runs a script as Enable would have it run: with the preload in front.
func node(args ...string) *exec.Cmd {
	return exec.Command("node", append([]string{"--require", "./preload.cjs"}, args...)...)
}
