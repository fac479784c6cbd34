//go:build live

// Package commands_test drives the commands as a person does: as processes, by their arguments, output,
// exit codes and signals, against a local AWS API with the real terraform and the real cdktf.
package commands_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// programs are built once: the tool under test and the app that synthesizes the real stacks.
type programs struct{ dir string }

func (p programs) agentteam() string { return filepath.Join(p.dir, "agentteam") }
func (p programs) synth() string     { return filepath.Join(p.dir, "synth") }

// folder is an empty project folder and the environment that commands get there.
type folder struct {
	programs
	dir string
	env []string
}

func newFolder(t *testing.T, app string, env ...string) folder {
	t.Helper()
	f := folder{programs: programs{dir: os.Getenv("COMMANDS_PROGRAMS")}, dir: t.TempDir(), env: env}
	f.writeProject(t, app)
	return f
}

func (f folder) writeProject(t *testing.T, app string) {
	t.Helper()
	f.write(t, "cdktf.json", fmt.Sprintf(`{"language": "go", "app": %q, "projectId": "test", "sendCrashReports": "false"}`, app))
}

func (f folder) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(f.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// result is what a person sees of a command that has ended.
type result struct {
	command, stdout, stderr string
	code                    int
}

func (f folder) agentteamCommand(ctx context.Context, args ...string) *exec.Cmd {
	return f.command(ctx, f.agentteam(), args...)
}

func (f folder) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = f.dir
	cmd.Env = append(os.Environ(), f.env...)
	return cmd
}

// run answers the command's question, if it has one, with input.
func run(t *testing.T, cmd *exec.Cmd, input string) result {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	line := strings.Join(append([]string{filepath.Base(cmd.Path)}, cmd.Args[1:]...), " ")
	t.Logf("%s: exit %d", line, cmd.ProcessState.ExitCode())
	return result{line, stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// want checks the exit code and that the texts stand in the output. A Go stack trace never may.
func (r result) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	output := r.stdout + r.stderr
	if r.code != code {
		t.Fatalf("%s: exit code %d, want %d\n%s", r.command, r.code, code, output)
	}
	for _, text := range texts {
		if !strings.Contains(output, text) {
			t.Errorf("%s: the output lacks %q\n%s", r.command, text, output)
		}
	}
	if strings.Contains(output, "goroutine ") {
		t.Errorf("%s: a stack trace reached the user\n%s", r.command, output)
	}
}

func TestMain(m *testing.M) {
	code, err := realMain(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func realMain(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "commands-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	p := programs{dir: dir}
	for program, source := range map[string]string{p.agentteam(): "./cmd/agentteam", p.synth(): "."} {
		build := exec.Command("go", "build", "-o", program, source)
		build.Dir = filepath.Join("..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build %s: %w\n%s", source, err, out)
		}
	}
	if err := os.Setenv("COMMANDS_PROGRAMS", dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// startAWS starts an AWS API for one test and returns the variables that point commands at it.
func startAWS(t *testing.T) *emulator.Emulator {
	t.Helper()
	tools, err := toolchain.Default(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	python, err := tools.Python(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := emulator.Start(t.Context(), emulator.Config{Python: python, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Stop() })
	return e
}
