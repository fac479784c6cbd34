// Package livetest gives tests a fresh AWS API, the stacks as main synthesizes them, and the real terraform
// to apply one to the other.
package livetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/terraform"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// World is an AWS API that nothing is deployed to, and the tools to change that. It ends with its test.
type World struct {
	API *emulator.Emulator
	// Env points terraform and the AWS provider at the API.
	Env []string

	terraform string
}

// Start starts a world.
func Start(t testing.TB) *World {
	t.Helper()
	tools, err := toolchain.Default(os.Stderr)
	must(t, err)
	binary, err := tools.Terraform(t.Context())
	must(t, err)
	provider, err := tools.ProviderEnv()
	must(t, err)
	python, err := tools.Python(t.Context())
	must(t, err)
	api, err := emulator.Start(t.Context(), emulator.Config{Python: python, Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() {
		if err := api.Stop(); err != nil {
			t.Errorf("stop the emulator: %v", err)
		}
		if t.Failed() {
			t.Logf("faults of the emulator itself:\n%s", faults(api.Log))
		}
	})
	return &World{API: api, Env: append(api.Env(), provider...), terraform: binary}
}

// faults are the stack traces and the 5xx answers in an emulator's log: what it lacks, if a test failed by that.
func faults(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	found := regexp.MustCompile(`(?m)^Traceback[^\n]*\n(?:[ \t][^\n]*\n)*[^\n]*|^[^\n]*" 5\d\d [^\n]*`).FindAllString(string(text), -1)
	return strings.Join(found, "\n")
}

// Terraform runs terraform in a folder, with what it prints going to a log.
func (w *World) Terraform(folder string, log io.Writer) terraform.Runner {
	return terraform.Runner{Binary: w.terraform, Dir: folder, Env: w.Env, Output: log}
}

// Synthesize builds main, runs it, and returns the folder that holds a folder for each stack. The
// environment is added to the program's.
func Synthesize(t testing.TB, environment ...string) (stacks string) {
	t.Helper()
	root, err := moduleRoot(t.Context())
	must(t, err)
	folder := t.TempDir()
	program := filepath.Join(folder, "synth")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = root
	succeed(t, build)
	synth := exec.CommandContext(t.Context(), program)
	synth.Dir = folder // where a local state would go
	synth.Env = append(append(os.Environ(), "CDKTF_OUTDIR="+folder), environment...)
	succeed(t, synth)
	return filepath.Join(folder, "stacks")
}

func moduleRoot(ctx context.Context) (string, error) {
	file, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

func succeed(t testing.TB, command *exec.Cmd) {
	t.Helper()
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
