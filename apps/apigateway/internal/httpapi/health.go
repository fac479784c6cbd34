package httpapi

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/buildinfo"
)

const (
	readyPath   = "/ready"
	pingTimeout = 2 * time.Second
	cacheLimit  = 500 * time.Millisecond // an answer that Redis does not owe must not make a probe slow
)

// The dependencies beside the engine, as /ready names them.
const (
	postgres = "postgresql"
	cache    = "redis"
)

// State says whether something works.
type State struct {
	Status string `json:"status" enum:"ok"`
}

// Readiness says whether requests can be served now.
type Readiness struct {
	Status       string            `json:"status" enum:"ready"`
	Dependencies map[string]string `json:"dependencies" doc:"ok or unavailable, by dependency. Without Redis requests are served all the same."`
}

// Versions are those of the gateway and of one task of the engine.
type Versions struct {
	Version string        `json:"version"`
	Engine  EngineVersion `json:"engine"`
}

// EngineVersion describes one running engine process.
type EngineVersion struct {
	Version   string    `json:"version"`
	StartTime time.Time `json:"start_time"`
	NodeTypes []string  `json:"node_types" nullable:"false"`
}

func (s *Server) health() {
	tag := "Service"
	register(s, operation{
		id: "health", method: http.MethodGet, path: contract.HealthPath, tag: tag, summary: "Whether the process lives", access: anyone(),
		detail: "Asks no dependency: replacing the gateway would not bring one back.",
	}, func(context.Context, *struct{}) (*struct{ Body State }, error) {
		return &struct{ Body State }{State{"ok"}}, nil // described by this, and mostly answered by alive
	})
	register(s, operation{
		id: "ready", method: http.MethodGet, path: readyPath, tag: tag, summary: "Whether requests can be served now", access: anyone(),
	}, s.getReady)
	register(s, operation{
		id: "version", method: http.MethodGet, path: "/version", tag: tag, summary: "Which builds answer", access: anyone(),
	}, s.getVersions)
}

// getReady asks the dependencies at the same time. The first that is needed and away is in the answer.
func (s *Server) getReady(ctx context.Context, _ *struct{}) (*struct{ Body Readiness }, error) {
	if s.draining.Load() {
		return nil, newProblem(http.StatusServiceUnavailable, codeDraining, "this process is shutting down")
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	database, redis := make(chan error, 1), make(chan error, 1)
	go func() { database <- s.pool.Ping(ctx) }()
	go func() { redis <- s.pingCache(ctx) }()
	if err := s.engine.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready", "dependency", contract.WorkflowEngine().Name, "error", err)
		return nil, dependencyProblem(http.StatusServiceUnavailable, readyCode(err), "cannot be reached or does not serve")
	}
	if err := <-database; err != nil {
		s.log.WarnContext(ctx, "not ready", "dependency", postgres, "error", err)
		return nil, databaseProblem()
	}
	answer := Readiness{Status: "ready", Dependencies: map[string]string{
		contract.WorkflowEngine().Name: "ok", postgres: "ok", cache: "ok",
	}}
	if err := <-redis; err != nil {
		answer.Dependencies[cache] = "unavailable"
	}
	return &struct{ Body Readiness }{answer}, nil
}

func (s *Server) pingCache(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cacheLimit)
	defer cancel()
	return s.redis.Ping(ctx).Err()
}

func readyCode(err error) string {
	if status.Code(err) == codes.DeadlineExceeded {
		return codeSlow
	}
	return codeUnavailable
}

// databaseProblem holds no address: the log has it.
func databaseProblem() *Problem {
	p := newProblem(http.StatusServiceUnavailable, codeUnavailable, "the database cannot be reached at the moment; try again")
	p.Dependency, p.retryAfter = postgres, retryUnavailable
	return p
}

func (s *Server) getVersions(ctx context.Context, _ *struct{}) (*struct{ Body Versions }, error) {
	info, err := s.engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Versions }{Versions{
		Version: buildinfo.Version(),
		Engine: EngineVersion{
			Version: info.GetVersion(), StartTime: info.GetStartTime().AsTime(), NodeTypes: append([]string{}, info.GetNodeTypes()...),
		},
	}}, nil
}
