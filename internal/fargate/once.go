package fargate

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/agentteam/agentteam/internal/sandbox"
)

// RunOnce runs a task of a definition with another command and waits for its end, as `aws ecs run-task` with a command
// override would. It gives what the task wrote to its standard output.
func (m Machine) RunOnce(ctx context.Context, r *Reader, definition string, command ...string) (string, error) {
	d, err := r.Definition(ctx, definition)
	if err != nil {
		return "", err
	}
	secrets, err := r.Secrets(ctx, d)
	if err != nil {
		return "", err
	}
	d.Container.Command = command
	id := newID()
	defer os.RemoveAll(m.writableRoot(id))
	spec, err := m.spec(ctx, id, d, secrets, netip.Addr{})
	if err != nil {
		return "", err
	}
	var out, problems bytes.Buffer
	spec.Stdout, spec.Stderr = &out, &problems
	process, err := sandbox.Start(ctx, spec)
	if err != nil {
		return "", err
	}
	select {
	case <-process.Ended():
	case <-ctx.Done():
		process.Kill()
		return "", ctx.Err()
	}
	if code := process.ExitCode(); code != 0 {
		return "", fmt.Errorf("task of %s with the command %q ended with status %d: %s", d.ARN, command, code, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// newID is a task's id, short enough for a person.
func newID() string { return strings.ToLower(rand.Text()[:10]) }
