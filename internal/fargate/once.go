package fargate

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/agentteam/agentteam/internal/sandbox"
)

// RunOnce runs a task of a definition with another command and waits for its end. It gives what the task wrote to its
// standard output, which no log holds.
func (m Machine) RunOnce(ctx context.Context, r *Reader, definition string, command ...string) (string, error) {
	d, err := r.Definition(ctx, definition)
	if err != nil {
		return "", err
	}
	d.Container.Command = command
	var out, problems bytes.Buffer
	code, err := m.once(ctx, r, d, netip.Addr{}, &out, &problems)
	if err != nil {
		return "", err
	}
	if code != 0 {
		return "", fmt.Errorf("task of %s with the command %q ended with status %d: %s", d.ARN, command, code, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// once runs a task to its end and gives its exit status. Without an address it must not listen.
func (m Machine) once(ctx context.Context, r *Reader, d Definition, address netip.Addr, stdout, stderr io.Writer) (code int, err error) {
	secrets, err := r.Secrets(ctx, d)
	if err != nil {
		return 0, fmt.Errorf("ResourceInitializationError: %w", err)
	}
	id := newID()
	defer os.RemoveAll(m.writableRoot(id))
	spec, err := m.spec(ctx, id, d, secrets, address)
	if err != nil {
		return 0, err
	}
	spec.Stdout, spec.Stderr = stdout, stderr
	process, err := sandbox.Start(ctx, spec)
	if err != nil {
		return 0, err
	}
	select {
	case <-process.Ended():
		return process.ExitCode(), nil
	case <-ctx.Done():
		process.Kill()
		return 0, ctx.Err()
	}
}

// newID is a task's id, short enough for a person.
func newID() string { return strings.ToLower(rand.Text()[:10]) }
