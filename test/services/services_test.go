//go:build live

// Package services_test tries both services as a client sees them: the real binaries as processes, on a real PostgreSQL,
// with a Redis and with simulated models.
package services_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
)

// patience bounds what a test waits for: far above what a loaded machine needs.
const patience = time.Minute

// stack is what all tests share; each has workspaces of its own. Folder has its logs.
var (
	stack  *devstack.Stack
	folder string
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	folder, err = os.MkdirTemp("", "services")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // a first build on a busy machine
	defer cancel()
	models := writing()
	models.Rules = append(models.Rules, asking())
	stack, err = devstack.Start(ctx, devstack.Options{Root: "../..", Dir: folder, Out: os.Stderr, Models: models})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := stack.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// newClient acts as admin of a new workspace.
func newClient(t *testing.T) *api.Client {
	t.Helper()
	key, err := stack.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return api.New(stack.Gateway, key)
}
