package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/agentteam/agentteam/internal/process"
)

const ko = "0.19.1" // another version may build other images from the same commit

// Ko installs ko, which builds the images, once, and returns its path.
func (t Tools) Ko(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", errors.New("go is not on the PATH: install the Go version that go.mod names")
	}
	place, err := t.install("ko-"+ko, func(dir string) error {
		// Outside this module and its go.sum, as ko's own release is built.
		cmd := process.Command(ctx, "go", "install", "github.com/google/ko@v"+ko)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("install ko %s: %w\ngo must reach a module proxy (GOPROXY names one)", ko, err)
	}
	return filepath.Join(place, "ko"), nil
}
