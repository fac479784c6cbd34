//go:build live

// Package reliability_test takes away from the services what they stand on, while they work: their processes, PostgreSQL,
// Redis. The binaries are the real ones, as processes; only the models are simulated, so that every request to them is counted.
package reliability_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/servicetest"
)

// patience bounds what a test waits for: far above what a loaded machine needs.
const patience = 90 * time.Second

// binaries is the folder of both programs.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "reliability")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	build := exec.Command("go", "build", "-o", folder+"/", servicetest.Engine, servicetest.Gateway)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, output)
		return 1
	}
	binaries = folder
	return m.Run()
}

func engineBinary() string  { return filepath.Join(binaries, filepath.Base(servicetest.Engine)) }
func gatewayBinary() string { return filepath.Join(binaries, filepath.Base(servicetest.Gateway)) }

// sources lets go test know that its result depends on the programs' sources.
var sources sync.Once

func readSources(t *testing.T) {
	t.Helper()
	sources.Do(func() {
		servicetest.Imports(t, servicetest.Engine)
		servicetest.Imports(t, servicetest.Gateway)
	})
}
