package grpcapi_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/agentteam/agentteam/apps/workflow/internal/authoring"
	"github.com/agentteam/agentteam/apps/workflow/internal/calls"
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
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/replay"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/sealing"
	"github.com/agentteam/agentteam/internal/servicetest"
	"github.com/agentteam/agentteam/internal/wake"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// authKey is what gateway and engine share.
var authKey = strings.Repeat("k", 32)

// world is a server on loopback, on a database of its own with one workspace.
type world struct {
	pool      *pgxpool.Pool
	library   *library.Library
	workspace string
	hub       *wake.Hub
	conn      *grpc.ClientConn
	runs      workflowv1.RunServiceClient
	approvals workflowv1.ApprovalServiceClient
	models    map[string]model.Account // nil: none can be called
	engine    *durable.Engine          // nil: there is none
	stop      func()                   // begins the drain
	ended     chan error
}

// newWorld has no engine: it is for what reads, and for what is refused before the engine is asked.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := prepare(t)
	w.serve(t, nil)
	return w
}

// newLivingWorld has an engine that carries runs out.
func newLivingWorld(t *testing.T) *world {
	t.Helper()
	w := prepare(t)
	w.live(t)
	return w
}

// live serves with an engine, whose models are the world's.
func (w *world) live(t *testing.T) {
	t.Helper()
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	tables := store.New(w.pool)
	performer := calls.NewPerformer(model.NewModels(w.models, prices, time.Millisecond), http.DefaultClient, nil, nil, tables)
	engine, err := durable.New(t.Context(), durable.Options{
		Pool: w.pool, Programs: calls.Programs(prices), Performer: replay.NewPerformer(performer, tables),
		Graphs: w.library.Graph, Wake: w.hub.Publish, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { engine.Run(working) })
	t.Cleanup(func() {
		stop()
		work.Wait()
		if err := engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	w.engine = engine
	w.serve(t, engine)
}

// keep lets so many keepers carry evaluations out.
func (w *world) keep(t *testing.T, keepers int) {
	t.Helper()
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	tables := store.New(w.pool)
	direct := directcall.New(model.NewModels(w.models, prices, time.Millisecond), prices, tables)
	working, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for range keepers {
		work.Go(func() { evaluation.NewKeeper(tables, w.engine, direct, slog.New(slog.DiscardHandler)).Run(working) })
	}
	t.Cleanup(func() {
		stop()
		work.Wait()
	})
}

func prepare(t *testing.T) *world {
	t.Helper()
	w := &world{pool: databasetest.Open(t), hub: wake.New(nil, slog.New(slog.DiscardHandler)), ended: make(chan error, 1)}
	w.workspace = databasetest.Workspace(t, w.pool)
	w.library = library.New(store.New(w.pool), graph.DefaultTypes(), map[string]string{"openai": ""})
	return w
}

// works is what an engine is to the services.
type works interface {
	grpcapi.Runner
	grpcapi.Triggers
}

func (w *world) serve(t *testing.T, runner works) {
	t.Helper()
	sealer, err := sealing.New(servicetest.CredentialsKey())
	if err != nil {
		t.Fatal(err)
	}
	log, tables := slog.New(slog.DiscardHandler), store.New(w.pool)
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	author, err := authoring.New(directcall.New(model.NewModels(w.models, prices, time.Millisecond), prices, tables), w.library)
	if err != nil {
		t.Fatal(err)
	}
	events := feed.New(feed.Options{Log: tables, Wake: w.hub, Logger: log})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	vault := newVault(t, tables)
	server := grpcapi.New(listener, grpcapi.Services{
		Engine: grpcapi.NewEngine(nil), Workflows: grpcapi.NewWorkflows(tables, w.library), Agents: grpcapi.NewAgents(tables, w.library),
		Nodes:     grpcapi.NewNodes(w.library, nil, nil),
		Authoring: grpcapi.NewAuthoring(tables, w.library, author), Evaluations: grpcapi.NewEvaluations(tables, w.library),
		Runs: grpcapi.NewRuns(tables, runner, events), Approvals: grpcapi.NewApprovals(tables, runner),
		Credentials: grpcapi.NewCredentials(tables, vault),
		MCPServers:  grpcapi.NewMCPServers(tables, mcptool.New(outbound.NewClient(outbound.Options{AllowHosts: []string{"127.0.0.1"}}), vault, tables)),
		Schedules:   grpcapi.NewSchedules(tables, runner), Webhooks: grpcapi.NewWebhooks(tables, runner, sealer), Endpoints: grpcapi.NewEndpoints(tables, sealer),
		Threads: grpcapi.NewThreads(tables), Memory: grpcapi.NewMemory(tables), Documents: grpcapi.NewDocuments(tables),
	}, grpcapi.Options{Key: authKey, Ready: w.pool.Ping, Log: log})
	serving, stop := context.WithCancel(context.Background())
	polling, stopPolling := context.WithCancel(context.Background())
	w.stop = stop
	go events.Run(polling)
	go func() { w.ended <- server.Run(serving, 0) }()
	t.Cleanup(func() {
		stop()
		if err := <-w.ended; err != nil {
			t.Error(err)
		}
		stopPolling()
	})
	w.conn = dial(t, listener.Addr().String())
	w.runs, w.approvals = workflowv1.NewRunServiceClient(w.conn), workflowv1.NewApprovalServiceClient(w.conn)
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(grpcapi.MaxAnswerBytes)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// as gives the context of a caller in a workspace.
func as(t *testing.T, workspace string, role identity.Role) context.Context {
	t.Helper()
	caller := identity.Caller{Workspace: workspace, Subject: "ada", Kind: identity.KindUser, Role: role, RequestID: "req_1"}
	assertion, err := identity.Sign(authKey, caller, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, assertion)
}

// owner is who may do everything in the world's workspace.
func (w *world) owner(t *testing.T) context.Context {
	t.Helper()
	return as(t, w.workspace, identity.Owner)
}

func expectCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: got %v, want %s", what, err, want)
	}
}

// violated is the first field that a refusal names.
func violated(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok && len(bad.GetFieldViolations()) > 0 {
			return bad.GetFieldViolations()[0].GetField()
		}
	}
	return ""
}

// method finds a method by its short name.
func method(t *testing.T, name string) protoreflect.MethodDescriptor {
	t.Helper()
	for _, m := range methods() {
		if string(m.Name()) == name {
			return m
		}
	}
	t.Fatalf("there is no method %s", name)
	return nil
}

func newVault(t *testing.T, tables *store.Store) *credential.Vault {
	t.Helper()
	sealer, err := sealing.New(servicetest.CredentialsKey())
	if err != nil {
		t.Fatal(err)
	}
	return credential.NewVault(tables, sealer)
}
