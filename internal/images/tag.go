package images

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/agentteam/agentteam/contract"
)

// hashLength is git's own for large repositories: short to read, and never two commits with one.
const hashLength = 12

// Tag is git- and the short hash of the checkout's commit. Where files differ from it, the short hash of the files follows, so
// that the same files give the same tag and other files another. Registries know by the prefix what may expire.
func Tag(ctx context.Context, root string) (string, error) {
	commit, err := git(ctx, root, nil, "rev-parse", "HEAD", "HEAD^{tree}")
	if err != nil {
		return "", fmt.Errorf("images are known by their commit: %w", err)
	}
	head, tree, _ := strings.Cut(commit, "\n")
	files, err := filesTree(ctx, root)
	if err != nil {
		return "", fmt.Errorf("hash the files that differ from the commit: %w", err)
	}
	if files == tree {
		return contract.ImageTagPrefix + head[:hashLength], nil
	}
	return contract.ImageTagPrefix + head[:hashLength] + "-" + files[:hashLength], nil
}

// filesTree is the hash that a commit of all files would have, the new ones included and the ignored ones not. It leaves
// the repository as it is: the index and the objects are in a folder that goes away.
func filesTree(ctx context.Context, root string) (string, error) {
	dir, err := os.MkdirTemp("", "agentteam-tag-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	objects, err := git(ctx, root, nil, "rev-parse", "--path-format=absolute", "--git-path", "objects")
	if err != nil {
		return "", err
	}
	env := []string{
		"GIT_INDEX_FILE=" + filepath.Join(dir, "index"),
		"GIT_OBJECT_DIRECTORY=" + dir,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + objects,
	}
	top, err := git(ctx, root, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	if _, err := git(ctx, top, env, "add", "--all"); err != nil {
		return "", err
	}
	return git(ctx, top, env, "write-tree")
}

func git(ctx context.Context, dir string, env []string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", arguments...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s in %s: %w: %s", arguments[0], dir, err, strings.TrimSpace(problem.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
