package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/apps/apigateway/internal/config"
	"github.com/agentteam/agentteam/apps/apigateway/internal/engine"
	"github.com/agentteam/agentteam/apps/apigateway/internal/httpapi"
	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/buildinfo"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/service"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// connections are those to PostgreSQL: a request needs one for milliseconds, and most need none.
const connections = 20

func serve(ctx context.Context, options service.Options) error {
	service.CollectSeldom()
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return err
	}
	if err := identity.CheckKey(cfg.InternalAuthKey.Reveal()); err != nil {
		return fmt.Errorf("%s %w", contract.InternalAuthKey, err)
	}
	log := service.NewLog(os.Stderr, contract.APIGateway().Name, cfg.LogOptions())
	measured, err := telemetry.Start(ctx, telemetry.Options{
		Service: contract.APIGateway().Name, Version: buildinfo.Version(), OTLPEndpoint: string(cfg.OTLPEndpoint), Log: log,
	})
	if err != nil {
		return err
	}
	defer measured.Shutdown(context.WithoutCancel(ctx))
	service.LogRedis(log)
	if err := run(ctx, options, cfg, measured, log); err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			log.Info("stopped before it served")
			return nil
		}
		return err
	}
	return nil
}

// run opens what the gateway stands on, the database first: without its tables nothing can be asked. It listens last, so
// that who can connect is served.
func run(ctx context.Context, options service.Options, cfg config.Config, measured *telemetry.Telemetry, log *slog.Logger) error {
	pool, err := database.OpenMigrated(ctx, cfg.DatabaseURL.Reveal(), cmp.Or(int(cfg.DatabaseConnections), connections))
	if err != nil {
		return err
	}
	defer pool.Close()
	client, err := openRedis(cfg.RedisURL.Reveal())
	if err != nil {
		return err
	}
	defer client.Close()
	channel, err := engine.Dial(cfg.EngineAddress(), engine.Options{
		Key: cfg.InternalAuthKey.Reveal(), Telemetry: measured.GRPCClient(), Log: log,
	})
	if err != nil {
		return err
	}
	defer channel.Close()

	known := accounts.New(accounts.Options{Pool: pool, Redis: client, Log: log})
	limiter := ratelimit.New(ratelimit.Options{Redis: client, Log: log, PerCaller: int(cfg.RequestsPerSecond)})
	guard, err := auth.New(auth.Options{
		Accounts: known, Stranger: limiter.Stranger, Log: log,
		SupabaseURL: string(cfg.SupabaseURL), SupabaseJWTSecret: cfg.SupabaseJWTSecret.Reveal(),
	})
	if err != nil {
		return err
	}
	listener, err := service.Listen(ctx, cfg.Address(options.Listen), log)
	if err != nil {
		return err
	}
	hearing, stop := context.WithCancel(context.WithoutCancel(ctx)) // requests that finish while draining hear of changes too
	defer stop()
	go known.Run(hearing)
	return httpapi.New(listener, httpapi.Options{
		Engine: channel, Accounts: known, Auth: guard, Limiter: limiter, Pool: pool, Redis: client, Telemetry: measured, Log: log,
	}).Run(ctx, options.DrainDelay)
}

// openRedis connects to nothing yet: the gateway serves without Redis.
func openRedis(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(contract.RedisURL + " cannot be read (it is not shown, it may hold a password): write redis://:password@host:6379")
	}
	options.DialerRetries = 1 // whoever asks has another way, and must not wait for five
	return redis.NewClient(options), nil
}
