// Command workflow is the workflow engine, a gRPC service.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no time zones

	_ "golang.org/x/crypto/x509roots/fallback" // nor CA roots

	"github.com/agentteam/agentteam/apps/workflow/internal/config"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := realMain(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "workflow:", err)
		os.Exit(1)
	}
}

func realMain(ctx context.Context) error {
	return service.Command(service.Program{
		Name:        "workflow",
		Summary:     "The workflow engine of Agent Team: a gRPC service that runs workflows.",
		Environment: contract.EngineEnvironment(),
		Serve:       serve,
		Probe:       probe,
		Migrate:     migrate,
	}).ExecuteContext(ctx)
}

// migrate reads the database's URL alone, so that a job needs nothing else.
func migrate(ctx context.Context) error {
	url, err := config.LoadDatabase(os.Environ())
	if err != nil {
		return err
	}
	return database.Migrate(ctx, url)
}

// probe reads nothing but the listen address, so no other variable can make a running engine unhealthy.
func probe(ctx context.Context, options service.Options) error {
	if options.Listen != "" {
		return health.GRPC(ctx, options.Listen)
	}
	listen, err := config.LoadListen(os.Environ())
	if err != nil {
		return err
	}
	return health.GRPC(ctx, listen.Address(""))
}
