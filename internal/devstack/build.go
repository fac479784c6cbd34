package devstack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

// binaries are the paths of the services' programs.
type binaries struct{ gateway, engine string }

// build compiles both services as the images do, without cgo. Nothing changed takes a second.
func (s *Stack) build(ctx context.Context) error {
	folder, err := filepath.Abs(filepath.Join(s.options.Dir, "bin"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	s.reportf("building the services (the first time takes a minute)")
	began := time.Now()
	cmd := process.Command(ctx, "go", "build", "-o", folder+"/", "./apps/apigateway", "./apps/workflow")
	cmd.Dir, cmd.Env = s.options.Root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	s.BuildTime = time.Since(began)
	s.binaries = binaries{gateway: filepath.Join(folder, "apigateway"), engine: filepath.Join(folder, "workflow")}
	s.reportf("built the services in %.1f s", s.BuildTime.Seconds())
	return nil
}
