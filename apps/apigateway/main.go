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

	_ "golang.org/x/crypto/x509roots/fallback" // nor CA roots

	"github.com/agentteam/agentteam/apps/apigateway/internal/config"
	"github.com/agentteam/agentteam/apps/apigateway/internal/engine"
	"github.com/agentteam/agentteam/apps/apigateway/internal/httpapi"
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
	}).ExecuteContext(ctx)
}

func serve(ctx context.Context, options service.Options) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return err
	}
	log := service.NewLog(os.Stderr, contract.APIGateway().Name, cfg.LogOptions())
	client, err := engine.Dial(cfg.EngineAddress())
	if err != nil {
		return err
	}
	defer client.Close()
	listener, err := service.Listen(ctx, listenAddress(options), log)
	if err != nil {
		return err
	}
	return httpapi.New(listener, client, log).Run(ctx, options.DrainDelay)
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
