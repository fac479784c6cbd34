package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/apps/workflow/internal/authoring"
	"github.com/agentteam/agentteam/apps/workflow/internal/calls"
	"github.com/agentteam/agentteam/apps/workflow/internal/config"
	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/directcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/evaluation"
	"github.com/agentteam/agentteam/apps/workflow/internal/feed"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/grpcapi"
	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/mcptool"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/notify"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/replay"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/buildinfo"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/sealing"
	"github.com/agentteam/agentteam/internal/service"
	"github.com/agentteam/agentteam/internal/telemetry"
	"github.com/agentteam/agentteam/internal/wake"
)

const (
	connections  = 12               // of each of the two pools: one for what is asked, one for what is done
	leaveTimeout = 10 * time.Second // for handing what is left to the other processes
	modelPause   = time.Second      // before the second try of a call to a model
)

func serve(ctx context.Context, options service.Options) error {
	service.CollectSeldom()
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return err
	}
	if err := identity.CheckKey(cfg.InternalAuthKey.Reveal()); err != nil {
		return fmt.Errorf("%s %w", contract.InternalAuthKey, err)
	}
	sealer, err := sealing.New(cfg.CredentialsKey.Reveal())
	if err != nil {
		return fmt.Errorf("%s %w", contract.CredentialsKey, err)
	}
	log := service.NewLog(os.Stderr, contract.WorkflowEngine().Name, cfg.LogOptions())
	service.LogRedis(log)
	measured, err := telemetry.Start(ctx, telemetry.Options{
		Service: contract.WorkflowEngine().Name, Version: buildinfo.Version(), OTLPEndpoint: string(cfg.OTLPEndpoint), Log: log,
	})
	if err != nil {
		return err
	}
	defer measured.Shutdown(context.WithoutCancel(ctx))
	listener, err := service.Listen(ctx, cfg.Address(options.Listen), log)
	if err != nil {
		return err
	}
	defer listener.Close()
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
	p := &process{cfg: cfg, sealer: sealer, listener: listener, pool: pool, hub: wake.New(client, log), telemetry: measured, log: log}
	return p.run(ctx, options.DrainDelay)
}

// openRedis connects to nothing yet: the engine works without Redis, its readers then poll.
func openRedis(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(contract.RedisURL + " cannot be read (it is not shown, it may hold a password): write redis://:password@host:6379")
	}
	return redis.NewClient(options), nil
}

// process is what the engine's parts stand on.
type process struct {
	cfg       config.Config
	sealer    *sealing.Sealer
	listener  net.Listener
	pool      *pgxpool.Pool
	hub       *wake.Hub
	telemetry *telemetry.Telemetry
	log       *slog.Logger
}

// run serves and works until the context ends. The server leaves first: what it has accepted until then is carried out.
func (p *process) run(ctx context.Context, drainDelay time.Duration) error {
	measure, err := p.telemetry.Engine()
	if err != nil {
		return err
	}
	prices, err := model.LoadPrices()
	if err != nil {
		return err
	}
	models := model.NewModels(p.accounts(), prices, modelPause)
	programs := calls.Programs(prices)
	tables := store.New(p.pool)
	vault := credential.NewVault(tables, p.sealer)
	guarded := outbound.NewClient(outbound.Options{AllowPrefixes: p.cfg.OutboundAllow.Prefixes, AllowHosts: p.cfg.OutboundAllow.Hosts})
	servers := mcptool.New(guarded, vault, tables)
	performer := replay.NewPerformer(calls.NewPerformer(models, guarded, vault, servers, tables), tables)
	documents := library.New(tables, graph.DefaultTypes(), models.Providers())
	direct := directcall.New(models, prices, tables)
	author, err := authoring.New(direct, documents)
	if err != nil {
		return err
	}
	engine, err := durable.New(ctx, durable.Options{Pool: p.pool, Programs: programs, Performer: performer, OneCall: []string{"http", "memory"},
		Graphs: documents.Graph, Wake: p.hub.Publish, Measure: measure, Log: p.log})
	if err != nil {
		return err
	}
	events := feed.New(feed.Options{Log: tables, Wake: p.hub, Measure: measure, Logger: p.log})
	server := grpcapi.New(p.listener, grpcapi.Services{
		Engine: grpcapi.NewEngine(runnable(documents.Types())), Workflows: grpcapi.NewWorkflows(tables, documents), Agents: grpcapi.NewAgents(tables, documents),
		Authoring: grpcapi.NewAuthoring(tables, documents, author), Evaluations: grpcapi.NewEvaluations(tables, documents),
		Nodes: grpcapi.NewNodes(documents, programs, performer), Runs: grpcapi.NewRuns(tables, engine, events), Approvals: grpcapi.NewApprovals(tables, engine),
		Credentials: grpcapi.NewCredentials(tables, vault), MCPServers: grpcapi.NewMCPServers(tables, servers),
		Schedules: grpcapi.NewSchedules(tables, engine), Webhooks: grpcapi.NewWebhooks(tables, engine, p.sealer),
		Endpoints: grpcapi.NewEndpoints(tables, p.sealer),
		Threads:   grpcapi.NewThreads(tables), Memory: grpcapi.NewMemory(tables), Documents: grpcapi.NewDocuments(tables),
	}, grpcapi.Options{Key: p.cfg.InternalAuthKey.Reveal(), Ready: p.pool.Ping, Telemetry: p.telemetry.GRPCServer(), Log: p.log})
	notifier := notify.New(notify.Options{Store: tables, Sealer: p.sealer, Client: guarded, Log: p.log})
	return p.together(ctx, drainDelay, parts{engine, server, events, notifier, evaluation.NewKeeper(tables, engine, direct, p.log)})
}

// parts are what runs in the process.
type parts struct {
	engine   *durable.Engine
	server   *grpcapi.Server
	events   *feed.Feed
	notifier *notify.Notifier
	keeper   *evaluation.Keeper
}

// together runs the parts, and stops them in the order in which they need each other.
func (p *process) together(ctx context.Context, drainDelay time.Duration, all parts) error {
	working, stopWorking := context.WithCancel(ctx)
	lasting, stop := context.WithCancel(context.WithoutCancel(ctx)) // readers are served until the server has left
	var work, others sync.WaitGroup
	work.Go(func() { all.engine.Run(working) })
	work.Go(func() { all.notifier.Run(working) })
	work.Go(func() { all.keeper.Run(working) })
	others.Go(func() { p.hub.Run(lasting) })
	others.Go(func() { all.events.Run(lasting) })
	others.Go(func() { p.metrics(lasting) })
	served := all.server.Run(ctx, drainDelay)
	stopWorking() // also when the server broke by itself
	work.Wait()
	stop()
	others.Wait()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	return errors.Join(served, all.engine.Close(leaving))
}

// metrics serves them on an address of their own, if there is one. A busy address costs metrics, no runs.
func (p *process) metrics(ctx context.Context) {
	if p.cfg.MetricsAddress == "" {
		return
	}
	if err := p.telemetry.Serve(ctx, string(p.cfg.MetricsAddress)); err != nil {
		p.log.ErrorContext(ctx, "no metrics", "error", err)
	}
}

// accounts are the providers that have a key.
func (p *process) accounts() map[string]model.Account {
	accounts := map[string]model.Account{}
	if key := p.cfg.OpenAIAPIKey.Reveal(); key != "" {
		accounts[model.OpenAI] = model.Account{Provider: model.NewOpenAI(key, string(p.cfg.OpenAIBaseURL)), Key: key, RequestsPerMinute: int(p.cfg.OpenAIRequestsPerMinute)}
	}
	if key := p.cfg.AnthropicAPIKey.Reveal(); key != "" {
		accounts[model.Anthropic] = model.Account{Provider: model.NewAnthropic(key, string(p.cfg.AnthropicBaseURL)), Key: key, RequestsPerMinute: int(p.cfg.AnthropicRequestsPerMinute)}
	}
	return accounts
}

// runnable are the names of the types that can run here.
func runnable(types []graph.Type) []string {
	names := map[string]bool{}
	for _, t := range types {
		if t.Unavailable == "" {
			names[t.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
