// Command apigateway is the API gateway, the public HTTP service.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	_ "time/tzdata" // the image has no time zones

	"github.com/spf13/cobra"
	_ "golang.org/x/crypto/x509roots/fallback" // nor CA roots

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

func probe(ctx context.Context, options service.Options) error {
	return health.HTTP(ctx, listenAddress(options), contract.HealthPath)
}

func listenAddress(options service.Options) string {
	if options.Listen != "" {
		return options.Listen
	}
	return net.JoinHostPort("", strconv.Itoa(contract.APIGateway().Port))
}
