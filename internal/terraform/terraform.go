// Package terraform runs the terraform binary in one folder. Commands and tests share it, so both see the
// same flags, and both leave a saved state and no stray process when they are interrupted.
package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/agentteam/agentteam/internal/process"
)

// parallelism is what the AWS API takes without throttling; terraform's own default of 10 nearly doubles
// the time of a stack of a hundred resources.
const parallelism = "-parallelism=20"

// Runner is one folder of Terraform configuration and the way to run terraform there.
type Runner struct {
	Binary string    // name or path of terraform 1.11 or later
	Dir    string    // the folder that holds cdk.tf.json
	Env    []string  // KEY=value, added to this process's environment and winning over it
	Output io.Writer // receives what terraform prints while it runs; nil drops it
}

// Error is a terraform command that failed. Its text carries terraform's own diagnostics,
// which are not repeated on Runner.Output.
type Error struct {
	Command     string // "plan", "apply" …
	Dir         string
	Diagnostics string
	Err         error
}

func (e *Error) Error() string {
	return strings.TrimSpace(fmt.Sprintf("terraform %s in %s: %v\n%s", e.Command, e.Dir, e.Err, e.Diagnostics))
}

func (e *Error) Unwrap() error { return e.Err }

// run streams the command's output. Diagnostics go into the error, where a caller can read them.
func (r Runner) run(ctx context.Context, args ...string) error {
	return r.exec(ctx, nil, r.Output, r.colored(args)...)
}

// read returns the command's output instead of streaming it.
func (r Runner) read(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	var stdout bytes.Buffer
	err := r.exec(ctx, stdin, &stdout, args...)
	return stdout.Bytes(), err
}

func (r Runner) exec(ctx context.Context, stdin io.Reader, stdout io.Writer, args ...string) error {
	var stderr bytes.Buffer
	cmd := process.Command(ctx, r.Binary, args...)
	cmd.Dir = r.Dir
	cmd.Env = append(append(os.Environ(), "TF_IN_AUTOMATION=1", "TF_INPUT=0"), r.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return &Error{Command: args[0], Dir: r.Dir, Diagnostics: stderr.String(), Err: err}
}

// colored asks for plain text unless a person looks at a terminal.
func (r Runner) colored(args []string) []string {
	if file, ok := r.Output.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return args
		}
	}
	return append([]string{args[0], "-no-color"}, args[1:]...)
}

func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}
