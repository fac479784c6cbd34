// Command apigateway is the API gateway, the public HTTP service.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no time zones

	"github.com/spf13/cobra"
	_ "golang.org/x/crypto/x509roots/fallback" // nor CA roots

	"github.com/agentteam/agentteam/apps/apigateway/internal/config"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := realMain(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "apigateway:", err)
		os.Exit(1)
	}
}

func realMain(ctx context.Context) error {
	return service.Command(service.Program{
		Name:        "apigateway",
		Summary:     "The API gateway of Agent Team: the public HTTP service.",
		Environment: contract.GatewayEnvironment(),
		Serve:       serve,
		Probe:       probe,
		Migrate:     migrate,
		Commands:    []*cobra.Command{apiKey()},
	}).ExecuteContext(ctx)
}

// probe reads nothing but the listen address, so no other variable can make a running gateway unhealthy.
func probe(ctx context.Context, options service.Options) error {
	if options.Listen != "" {
		return health.HTTP(ctx, options.Listen, contract.HealthPath)
	}
	listen, err := config.LoadListen(os.Environ())
	if err != nil {
		return err
	}
	return health.HTTP(ctx, listen.Address(""), contract.HealthPath)
}
