package fargate

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/agentteam/agentteam/internal/sandbox"
)

// Machine is what stands on this machine for what AWS gives a task.
type Machine struct {
	Dir      string         // receives unpacked images, and roots that tasks may write
	Registry string         // host:port that stands for every registry of ECR
	Files    []sandbox.File // that every task sees: host names, certificates
}

// ecr is the host of an account's registry.
var ecr = regexp.MustCompile(`^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/`)

// Image is where an image of ECR is on this machine; any other stays where it is.
func (m Machine) Image(deployed string) string {
	return ecr.ReplaceAllLiteralString(deployed, m.Registry+"/")
}

// spec is a task as the sandbox runs it. The caller removes the root's folder after the end, if it is given one.
func (m Machine) spec(ctx context.Context, id string, d Definition, secrets map[string]string, address netip.Addr) (sandbox.Spec, error) {
	c := d.Container
	image, err := sandbox.Pull(ctx, m.Image(c.Image), filepath.Join(m.Dir, "images"))
	if err != nil {
		return sandbox.Spec{}, fmt.Errorf("CannotPullContainerError: %w", err)
	}
	environ, err := environment(c, image.Env, secrets, address)
	if err != nil {
		return sandbox.Spec{}, err
	}
	user, err := userID(cmp.Or(c.User, image.User))
	if err != nil {
		return sandbox.Spec{}, fmt.Errorf("%s: %w", d.ARN, err)
	}
	root := image.Root
	if !c.ReadonlyRootFilesystem {
		root = m.writableRoot(id)
		if err := os.CopyFS(root, os.DirFS(image.Root)); err != nil {
			return sandbox.Spec{}, err
		}
	}
	if len(c.EntryPoint) > 0 {
		image.Entrypoint = c.EntryPoint
	}
	return sandbox.Spec{
		Root: root, Command: image.Command(c.Command...), Env: environ, Dir: cmp.Or(c.WorkingDirectory, image.WorkingDir),
		User: user, ReadOnly: c.ReadonlyRootFilesystem, Files: m.Files, Memory: int64(d.Memory) << 20,
	}, nil
}

// writableRoot is a task's own copy of its image.
func (m Machine) writableRoot(id string) string { return filepath.Join(m.Dir, "roots", id) }

// userID takes a number, alone or before a group; a name would have to be looked up in the image.
func userID(user string) (int, error) {
	text, _, _ := strings.Cut(user, ":")
	id, err := strconv.Atoi(cmp.Or(text, "0"))
	if err != nil || id < 0 {
		return 0, fmt.Errorf("user must be a number, got %q", user)
	}
	return id, nil
}
