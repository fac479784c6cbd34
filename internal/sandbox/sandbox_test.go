package sandbox_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/sandbox"
)

// probe is the folder with testdata/probe alone, built once.
var probe = sync.OnceValues(func() (root string, err error) {
	root, err = os.MkdirTemp("", "sandbox-*")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(root, "probe"), "./testdata/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return root, build.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if root, err := probe(); err == nil {
		_ = os.RemoveAll(root) // a folder of ours
	}
	os.Exit(code)
}

// spec is a sandbox with the probe, in a root of the test's own.
func spec(t *testing.T, arguments ...string) sandbox.Spec {
	t.Helper()
	if err := sandbox.Check(t.Context()); err != nil {
		t.Skip(err)
	}
	built, err := probe()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(built)); err != nil { // its own file, by which gone finds its processes
		t.Fatal(err)
	}
	return sandbox.Spec{Root: root, Command: append([]string{"/probe"}, arguments...), User: 65532}
}

// run runs a spec to its end.
func run(t *testing.T, s sandbox.Spec) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	s.Stdout, s.Stderr = &out, &out
	p, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	code = p.ExitCode() // then it has printed everything
	return out.String(), code
}

func want(t *testing.T, s sandbox.Spec, expected string) {
	t.Helper()
	if p, err := sandbox.Start(t.Context(), s); err != nil {
		t.Fatal(err)
	} else if output, err := p.Exec(t.Context(), s.Command...); err != nil || output != expected {
		t.Errorf("%v: got %q, %v; want %q", s.Command, output, err, expected)
	}
}

func TestUserIsTheOneGivenBelowAnInitProcess(t *testing.T) { want(t, spec(t, "user"), "65532 65532 2\n") }

func TestEnvironmentIsExactlyTheOneGiven(t *testing.T) {
	t.Setenv("INHERITED", "it must not be")
	s := spec(t, "env")
	s.Env = []string{"EMPTY=", "URL=postgres://a:b@c/d?e=f", "TEXT=two\nlines"}
	want(t, s, strings.Join(append(s.Env, "PWD=/"), "\n")+"\n")
}

func TestRootHasTheImagesFilesAlone(t *testing.T) {
	want(t, spec(t, "list", "/"), "dev\nprobe\nproc\n")
}

func TestReadOnly(t *testing.T) {
	s := spec(t, "write", "/new")
	want(t, s, "")
	s.ReadOnly = true
	p, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/other", "/probe", "/new"} {
		if output, err := p.Exec(t.Context(), "/probe", "write", path); err == nil || !strings.Contains(output, "read-only file system") &&
			!strings.Contains(output, "text file busy") {
			t.Errorf("write %s: got %q, %v", path, output, err)
		}
	}
}

func TestFilesOfTheMachineCanBeReadAlone(t *testing.T) {
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.9 db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		s := spec(t, "read", "/etc/hosts")
		s.ReadOnly, s.Files = readOnly, []sandbox.File{{Source: hosts, Path: "/etc/hosts"}}
		want(t, s, "127.0.0.9 db\n")
		s.Command = []string{"/probe", "write", "/etc/hosts"}
		if output, code := run(t, s); code != 1 || !strings.Contains(output, "read-only file system") {
			t.Errorf("write: got %q, status %d", output, code)
		}
	}
}

func TestMemoryLimitEndsTheProgram(t *testing.T) {
	s := spec(t, "allocate")
	if output, code := run(t, s); code != 0 || output != "allocated 512\n" {
		t.Errorf("without a limit: got %q, status %d", output, code)
	}
	s.Memory = 256 << 20
	if output, code := run(t, s); code != 2 || !strings.Contains(output, "out of memory") {
		t.Errorf("with a limit of 256 MB: status %d, %.200q", code, output)
	}
}

func TestExitCode(t *testing.T) {
	if _, code := run(t, spec(t, "exit")); code != 7 {
		t.Errorf("got %d", code)
	}
	s := spec(t)
	s.Command = []string{"/missing"}
	if output, code := run(t, s); code != 1 || !strings.Contains(output, "/missing: No such file") {
		t.Errorf("a program that is not there: got %q, status %d", output, code)
	}
}

// started waits for the program's first line, which says that it handles signals.
func started(t *testing.T, s sandbox.Spec) (*sandbox.Process, *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	s.Stdout, s.Stderr = write, os.Stderr
	p, err := sandbox.Start(t.Context(), s)
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	expect(t, read, "ready\n")
	return p, read
}

func expect(t *testing.T, from *os.File, line string) {
	t.Helper()
	text := make([]byte, 64)
	if n, err := from.Read(text); err != nil || string(text[:n]) != line {
		t.Fatalf("the program said %q, %v; want %q", text[:n], err, line)
	}
}

func TestStopLetsTheProgramDrain(t *testing.T) {
	p, out := started(t, spec(t, "wait"))
	if err := p.Stop(20 * time.Second); err != nil {
		t.Fatal(err)
	}
	expect(t, out, "drained\n")
	if code := p.ExitCode(); code != 0 {
		t.Errorf("status %d", code)
	}
	if err := p.Stop(0); err != nil {
		t.Errorf("stopping what has ended: %v", err)
	}
}

func TestStopKillsAProgramThatStays(t *testing.T) {
	p, _ := started(t, spec(t, "deaf"))
	if err := p.Stop(100 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if code := p.ExitCode(); code != 128+int(syscall.SIGKILL) {
		t.Errorf("status %d", code)
	}
	if err := syscall.Kill(p.PID(), 0); err == nil {
		t.Error("it still runs")
	}
}

func TestProgramsEndWithTheirFirst(t *testing.T) {
	s := spec(t, "orphan")
	run(t, s)
	gone(t, s.Root)
}

// gone fails the test while a process has its root in the folder.
func gone(t *testing.T, root string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := inside(t, root)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes %v still run", left)
		}
	}
}

// inside are the processes that execute the probe of that root.
func inside(t *testing.T, root string) (found []string) {
	t.Helper()
	want, err := os.Stat(filepath.Join(root, "probe"))
	if err != nil {
		t.Fatal(err)
	}
	programs, _ := filepath.Glob("/proc/[0-9]*/exe") // the pattern is well-formed
	for _, program := range programs {
		if info, err := os.Stat(program); err == nil && os.SameFile(info, want) {
			found = append(found, program)
		}
	}
	return found
}

func TestExecIsBoundByItsContext(t *testing.T) {
	p, _ := started(t, spec(t, "wait"))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := p.Exec(ctx, "/probe", "wait"); err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("got %v", err)
	}
	if _, err := p.Exec(t.Context(), "/probe", "exit"); err == nil || !strings.Contains(err.Error(), "ended with status 7") {
		t.Errorf("got %v", err)
	}
}

// TestKilledLauncherLeavesNothing runs itself as the launcher.
func TestKilledLauncherLeavesNothing(t *testing.T) {
	const variable = "SANDBOX_TEST_LAUNCH"
	if root := os.Getenv(variable); root != "" {
		_, err := sandbox.Start(t.Context(), sandbox.Spec{Root: root, Command: []string{"/probe", "deaf"}, Stdout: os.Stdout})
		if err != nil {
			t.Fatal(err)
		}
		select {}
	}
	s := spec(t)
	launcher := exec.CommandContext(t.Context(), os.Args[0], "-test.run", t.Name()+"$")
	launcher.Env = append(os.Environ(), variable+"="+s.Root)
	out, err := launcher.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := launcher.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 64)
	if n, err := out.Read(text); err != nil || !strings.Contains(string(text[:n]), "ready") {
		t.Fatalf("the program said %q, %v", text[:n], err)
	}
	_ = launcher.Process.Kill()
	_ = launcher.Wait() // it was killed
	gone(t, s.Root)
}

func TestValidateNamesEveryFault(t *testing.T) {
	err := sandbox.Spec{
		Root: "root", User: -1, Memory: -2, Env: []string{"A=b", "secret"}, Files: []sandbox.File{{Source: "hosts", Path: "/etc/hosts"}},
	}.Validate()
	for _, text := range []string{
		`the root must be an absolute path, got "root"`, "there is no command", "the user must be a number from 0, got -1",
		"the memory limit must be 0 bytes or more, got -2", "a variable must be NAME=value", `got "hosts" for "/etc/hosts"`,
	} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error lacks %q: %v", text, err)
		}
	}
}

func TestMissingBubblewrapIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := sandbox.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "apt-get install bubblewrap") {
		t.Errorf("got %v", err)
	}
}
