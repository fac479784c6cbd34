//go:build live

package commands_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The two commands of a newcomer, and cdktf's own commands in the shell that env makes, on the real stacks.
func TestUpThenCDKTFThenDown(t *testing.T) {
	f := newCheckout(t)
	agentteam := func(args ...string) result { return run(t, f.agentteamCommand(t.Context(), args...), "") }
	t.Cleanup(func() { _ = f.agentteamCommand(context.Background(), "down").Run() }) // for a test that stops half-way

	agentteam("up", "--port=0", "--http-port=0").want(t, 0, "SIMULATED", "run.completed", "the run completed", "Outputs of development", "vpc_id", "(sensitive)", "serving", "make down")
	if left, _ := filepath.Glob(filepath.Join(f.dir, "*.tfstate*")); left != nil {
		t.Errorf("%v are left although the bucket holds the state", left)
	}
	agentteam("up", "--port=0", "--http-port=0").want(t, 0, "nothing changed: the tasks run as before", "Outputs of development")
	agentteam("status").want(t, 0, "agent-team-development-workflow-engine:1", "127.77.", "account      10 resources", "production   not initialized")

	f.env = shellVariables(t, agentteam("env"))
	f.followGuide(t)
	cdktf := func(args ...string) result {
		return run(t, f.command(t.Context(), lookPath(t, f.env, "cdktf"), args...), "")
	}
	cdktf("synth").want(t, 0)
	cdktf("diff", "account", "--skip-provider-lock").want(t, 0, "No changes")
	cdktf("diff", "development", "--skip-provider-lock").want(t, 0, "No changes")
	cdktf("deploy", "account", "--auto-approve", "--skip-provider-lock").want(t, 0, "0 added, 0 changed, 0 destroyed")
	cdktf("destroy", "development", "--auto-approve", "--skip-provider-lock").want(t, 0, "Destroy complete!")
	cdktf("destroy", "account", "--auto-approve", "--skip-provider-lock").want(t, 1) // its bucket is protected; cdktf cuts the reason off
	agentteam("status").want(t, 0, "development  0 resources", "account      10 resources")
	agentteam("bootstrap", "--auto-approve").want(t, 0, "done")

	agentteam("down").want(t, 0, "stopped the tasks", "stopped the AWS emulator")
	agentteam("down").want(t, 0, "no AWS emulator is running")
	f.wantNoProcess(t)
}

// shellVariables reads what env prints as a shell would.
func shellVariables(t *testing.T, printed result) []string {
	t.Helper()
	printed.want(t, 0, "export AWS_ENDPOINT_URL=")
	var variables []string
	for line := range strings.Lines(printed.stdout) {
		if name, gone := strings.CutPrefix(strings.TrimSpace(line), "unset "); gone {
			unset(t, name)
			continue
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		variables = append(variables, name+"="+strings.Trim(value, "'"))
	}
	return variables
}

// unset takes a variable from this process until the test's end.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "") // which gives it back in the end
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

func lookPath(t *testing.T, env []string, program string) string {
	t.Helper()
	for _, variable := range env {
		path, found := strings.CutPrefix(variable, "PATH=")
		for _, dir := range filepath.SplitList(path) {
			if file := filepath.Join(dir, program); found && isFile(file) {
				return file
			}
		}
	}
	t.Fatalf("%s is not on the PATH that env prints", program)
	return ""
}

func isFile(file string) bool {
	info, err := os.Stat(file)
	return err == nil && !info.IsDir()
}

// newCheckout is a clone of this checkout's commit: images are built from one. PostgreSQL's account can enter it.
func newCheckout(t *testing.T) folder {
	t.Helper()
	dir, err := os.MkdirTemp("", "checkout-") //nolint:usetesting // only root enters the test's folder
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "--depth=1", "file://"+root, dir).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v\n%s", err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f := folder{programs: programs{dir: os.Getenv("COMMANDS_PROGRAMS")}, dir: dir}
	f.writeProject(t, f.synth())
	return f
}
