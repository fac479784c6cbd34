package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/fastsynth"
	"github.com/agentteam/agentteam/internal/synthtest"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func TestMain(m *testing.M) { synthtest.Main(m) }

// The goldens show a reviewer every effect of a change; what the effects mean is asserted in stacks.
func TestGoldens(t *testing.T) {
	for name, stack := range synthtest.Stacks(t) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".json")
			got := indented(t, stack)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v: run `make golden` to make it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s is not what synth makes now (-golden +now); if that is meant, run `make golden`:\n%s", file, diff)
			}
		})
	}
}

// A golden of a stack that is gone would look like one that is checked.
func TestEveryGoldenHasAStack(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("goldens: %v, %v", files, err)
	}
	for _, file := range files {
		if _, ok := synthtest.Stacks(t)[strings.TrimSuffix(filepath.Base(file), ".json")]; !ok {
			t.Errorf("%s belongs to no stack: remove it", file)
		}
	}
}

// The program itself, with the fast loading of the bindings and without it, writes the same bytes.
func TestFastSynthesisChangesNoByte(t *testing.T) {
	program := filepath.Join(t.TempDir(), "synth")
	output(t, exec.Command("go", "build", "-o", program, "."))
	fast, stock := synthesize(t, program), synthesize(t, program, fastsynth.OptOut+"=1")
	if len(fast) != len(synthtest.Stacks(t)) {
		t.Errorf("the program wrote %d stacks, want %d", len(fast), len(synthtest.Stacks(t)))
	}
	if diff := cmp.Diff(stock, fast); diff != "" {
		t.Errorf("JSON differs (-stock +fast):\n%s", diff)
	}
}

// Without Node there is nothing to run jsii: a message, and no stack trace.
func TestAMissingNodeIsNamed(t *testing.T) {
	program := filepath.Join(t.TempDir(), "synth")
	output(t, exec.Command("go", "build", "-o", program, "."))
	command := exec.Command(program)
	command.Env = append(os.Environ(), "PATH="+t.TempDir(), "CDKTF_OUTDIR="+t.TempDir())
	said, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(said), `"node"`) || strings.Contains(string(said), "goroutine") {
		t.Errorf("err = %v, output:\n%s", err, said)
	}
}

// The variable that picks the account's backend is checked like any other input.
func TestUnknownStateIsRefused(t *testing.T) {
	program := filepath.Join(t.TempDir(), "synth")
	output(t, exec.Command("go", "build", "-o", program, "."))
	command := exec.Command(program)
	command.Env = append(os.Environ(), "AGENTTEAM_STATE=loca", "CDKTF_OUTDIR="+t.TempDir())
	said, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(said), `AGENTTEAM_STATE must be "local" or unset, got "loca"`) || strings.Contains(string(said), "goroutine") {
		t.Errorf("err = %v, output:\n%s", err, said)
	}
}

func synthesize(t *testing.T, program string, environment ...string) map[string]string {
	t.Helper()
	folder := t.TempDir()
	command := exec.Command(program)
	command.Env = append(append(os.Environ(), "NODE_OPTIONS=", "CDKTF_OUTDIR="+folder), environment...)
	output(t, command)
	written := map[string]string{}
	files, err := filepath.Glob(filepath.Join(folder, "stacks", "*", "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		written[filepath.Base(filepath.Dir(file))] = string(data)
	}
	return written
}

func indented(t *testing.T, value any) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func output(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return string(out)
}
