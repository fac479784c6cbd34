package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

// cdktf is the real cdktf command line, with its output in a log and its progress in lines.
type cdktf struct {
	project   *project
	binary    string
	terraform string // what cdktf runs
}

// deployment is one run of `cdktf deploy`, which continues where an earlier one stopped.
type deployment struct {
	stack   string
	purpose string   // for the person who watches
	env     []string // of this run only
	flags   []string
}

func (c cdktf) deploy(ctx context.Context, d deployment) error {
	args := append([]string{"deploy", d.stack, "--auto-approve", "--skip-provider-lock", "--no-color", "--terraform-parallelism=20"}, d.flags...)
	if file := filepath.Join(c.project.root, d.stack+".tfvars"); exists(file) {
		args = append(args, "--var-file="+file)
	}
	log, err := c.openLog(d.stack)
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Fprintf(log, "cdktf %s\n", strings.Join(args, " "))
	if err := c.run(ctx, d, log, args...); err != nil {
		return c.failure(ctx, d.stack, log.Name(), err)
	}
	return nil
}

func (c cdktf) run(ctx context.Context, d deployment, log io.Writer, args ...string) error {
	cmd := process.Command(ctx, c.binary, args...)
	cmd.Dir = c.project.root
	cmd.Env = append(append(append(os.Environ(), c.project.env...), "CI=true"), d.env...) // CI: lines, not a spinner
	watch := newProgress(c.project.out, d.stack)
	output := io.MultiWriter(log, watch)
	cmd.Stdout, cmd.Stderr = output, output
	watch.printf("cdktf deploy: %s", d.purpose)
	done := make(chan struct{})
	go watch.report(done)
	err := runGently(cmd, filepath.Base(c.terraform))
	close(done)
	if err != nil {
		watch.printf("failed")
		return err
	}
	watch.printf("done")
	return nil
}

// runGently passes a Ctrl-C on to the terraform that cdktf runs, and lets cdktf notice its end. cdktf itself would
// end at once and take the terminal that it made for terraform away, before the state is saved and unlocked.
func runGently(cmd *exec.Cmd, program string) error {
	const limit = 2 * time.Minute
	var started []int
	interrupt := cmd.Cancel
	cmd.Cancel = func() error {
		started = process.Descendants(cmd.Process.Pid, program)
		if len(started) == 0 {
			return interrupt()
		}
		for _, pid := range started {
			_ = syscall.Kill(pid, syscall.SIGINT) // one that has just ended needs none
		}
		return nil
	}
	err := cmd.Run()
	if !process.WaitEnded(started, limit) {
		return fmt.Errorf("%w; terraform still runs after %s: one of processes %v", err, limit, started)
	}
	return err
}

func (c cdktf) failure(ctx context.Context, stack, log string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: interrupted; what was made is in its state, and the same command continues from there", stack)
	}
	text, readErr := os.ReadFile(log)
	if readErr != nil {
		return readErr
	}
	advice := remedy(string(text), c.project.stackDir(stack))
	if advice == "" {
		advice = "correct the cause and run the same command again: it continues from there"
	}
	return fmt.Errorf("cdktf deploy %s: %w\n%s\n\nWhat to do: %s\nThe whole output is in %s", stack, err, errorLines(string(text)), advice, log)
}

func (c cdktf) openLog(stack string) (*os.File, error) {
	dir := filepath.Join(c.project.runDir(), "logs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.Create(filepath.Join(dir, stack+".log"))
}

// errorLines is the output from the first error on, or its end where no line says error.
func errorLines(text string) string {
	const most = 30
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		if strings.Contains(line, "Error: ") {
			return strings.Join(lines[i:min(len(lines), i+most)], "\n")
		}
	}
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
