//go:build live

package reliability_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/localpostgres"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// world is both services with all that they stand on. Each test has its own, since it breaks it.
type world struct {
	t         *testing.T
	postgres  *localpostgres.Server
	cache     *cache
	models    *models
	pages     string // base URL of what http nodes may read
	engines   *proxy
	gateways  *proxy
	env       []string // of both services, beside what the world sets
	started   int
	pool      *pgxpool.Pool // the test's own way to the tables
	workspace string
	client    *client
}

// modelKey is the key that engines have for the simulated provider.
const modelKey = "sk-reliability-3f9a1c" // it opens nothing

// member is one process of a service.
type member struct {
	*servicetest.Process
	name    string
	address string
	began   time.Time
}

// newWorld starts what the services need, and makes a key. Engines and gateways are for the test to start.
func newWorld(t *testing.T, env ...string) *world {
	t.Helper()
	readSources(t)
	postgres, err := localpostgres.Start(t.Context(), localpostgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Stop(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, postgres: postgres, cache: newCache(t), models: newModels(t), pages: newPages(t), engines: newProxy(t), gateways: newProxy(t), env: env}
	if err := database.Migrate(t.Context(), w.databaseURL()); err != nil {
		t.Fatal(err)
	}
	if w.pool, err = database.Open(t.Context(), w.databaseURL(), 4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	w.client = &client{t: t, base: "http://" + w.gateways.address(), key: w.newKey(), http: newHTTP()}
	return w
}

func (w *world) databaseURL() string { return w.postgres.URL(localpostgres.User) }

// newKey asks for a workspace and a key as an operator does.
func (w *world) newKey() string {
	w.t.Helper()
	stdout, stderr, exit := servicetest.Run(w.t, w.gatewayEnvironment(), gatewayBinary(), "api-key", "create", "--workspace", "Reliability")
	if exit != 0 {
		w.t.Fatalf("apigateway api-key create: exit status %d\n%s", exit, stderr)
	}
	w.workspace = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(stderr), "workspace "))
	return strings.TrimSpace(stdout)
}

func (w *world) shared() []string {
	return append([]string{contract.RedisURL + "=" + w.cache.url(), contract.LogLevel + "=info"}, w.env...)
}

func (w *world) gatewayEnvironment() []string {
	return append(servicetest.GatewayEnvironment(w.t, w.databaseURL(), w.engines.address()), w.shared()...)
}

// startEngine returns when the process listens. It gets requests once it is ready.
func (w *world) startEngine(env ...string) *member {
	w.t.Helper()
	m := w.name("engine")
	environ := append(servicetest.EngineEnvironment(w.databaseURL()), w.shared()...)
	environ = append(environ, contract.OpenAIAPIKey+"="+modelKey, contract.OpenAIBaseURL+"="+w.models.base(m.name), contract.OutboundAllow+"=127.0.0.1")
	m.Process = servicetest.Start(w.t, append(environ, env...), engineBinary(), "--listen", "127.0.0.1:0", "--drain-delay", "1s")
	w.keepsSecrets(m)
	m.address = m.Address(w.t)
	go w.admit(m, w.engines, func(ctx context.Context) error { return health.GRPC(ctx, m.address) })
	return m
}

func (w *world) startGateway(env ...string) *member {
	w.t.Helper()
	m := w.name("gateway")
	m.Process = servicetest.Start(w.t, append(w.gatewayEnvironment(), env...), gatewayBinary(), "--listen", "127.0.0.1:0", "--drain-delay", "1s")
	w.keepsSecrets(m)
	m.address = m.Address(w.t)
	go w.admit(m, w.gateways, func(ctx context.Context) error { return health.HTTP(ctx, m.address, contract.HealthPath) })
	return m
}

// keepsSecrets demands at the test's end that the process has logged none, whatever was taken from it.
func (w *world) keepsSecrets(m *member) {
	w.t.Cleanup(func() {
		database, err := url.Parse(w.databaseURL())
		if err != nil {
			w.t.Error(err)
			return
		}
		password, _ := database.User.Password()
		m.ExpectNoSecret(w.t, password, servicetest.AuthKey, modelKey, w.client.key)
	})
}

// kill ends an engine at once.
func (w *world) kill(m *member) {
	w.t.Helper()
	m.Signal(w.t, syscall.SIGKILL)
	m.Wait(w.t)
	w.engines.remove(m.address)
}

func (w *world) name(service string) *member {
	w.started++
	return &member{name: fmt.Sprintf("%s-%d", service, w.started), began: time.Now()}
}

// admit lets a process have requests once it is healthy, as a service's registration does.
func (w *world) admit(m *member, to *proxy, healthy func(context.Context) error) {
	w.await(m, healthy, func() {
		to.add(m.address)
		if m.Ended() { // between the two
			to.remove(m.address)
		}
	})
}

// await calls then once a process is healthy, if that ever comes.
func (w *world) await(m *member, healthy func(context.Context) error, then func()) {
	for w.t.Context().Err() == nil && !m.Ended() {
		if healthy(w.t.Context()) == nil {
			then()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// start makes a whole world: so many engines and gateways, all ready.
func start(t *testing.T, engines, gateways int, env ...string) (*world, []*member, []*member) {
	t.Helper()
	w := newWorld(t, env...)
	var e, g []*member
	for range engines {
		e = append(e, w.startEngine())
	}
	for range gateways {
		g = append(g, w.startGateway())
	}
	for _, m := range e {
		servicetest.Eventually(t, m.name+" serves", func() bool { return health.GRPC(t.Context(), m.address) == nil })
	}
	for _, m := range g {
		servicetest.Eventually(t, m.name+" is ready", func() bool { return health.HTTP(t.Context(), m.address, "/ready") == nil })
	}
	return w, e, g
}
