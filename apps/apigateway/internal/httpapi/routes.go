package httpapi

import (
	"net/http"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/buildinfo"
)

// routes is every path the gateway answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+contract.HealthPath, s.health)
	mux.HandleFunc("GET /ready", s.ready)
	mux.HandleFunc("GET /version", s.version)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w = &refusal{ResponseWriter: w, request: r}
		}
		mux.ServeHTTP(w, r)
	})
}

type stateAnswer struct {
	Status string `json:"status"`
}

type versionAnswer struct {
	Version string       `json:"version"`
	Engine  engineAnswer `json:"engine"`
}

type engineAnswer struct {
	Version   string    `json:"version"`
	StartTime time.Time `json:"start_time"`
	NodeTypes []string  `json:"node_types"`
}

// health says that the process lives. It asks no dependency: replacing the gateway would not bring one back.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, "application/json", http.StatusOK, stateAnswer{"ok"})
}

// ready says whether requests can be served now, and which dependency is in the way if not.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		problem{Status: http.StatusServiceUnavailable, Code: "draining", Detail: "this process is shutting down"}.write(w, r)
		return
	}
	if err := s.engine.Ready(r.Context()); err != nil {
		s.log.WarnContext(r.Context(), "not ready", "request_id", requestID(r.Context()), "error", err)
		p := engineProblem(err)
		p.Status = http.StatusServiceUnavailable
		p.write(w, r)
		return
	}
	writeJSON(w, "application/json", http.StatusOK, stateAnswer{"ready"})
}

// version tells the gateway's build and that of one task of the engine.
func (s *Server) version(w http.ResponseWriter, r *http.Request) {
	info, err := s.engine.Info(r.Context())
	if err != nil {
		s.log.WarnContext(r.Context(), "engine failed", "request_id", requestID(r.Context()), "error", err)
		engineProblem(err).write(w, r)
		return
	}
	writeJSON(w, "application/json", http.StatusOK, versionAnswer{
		Version: buildinfo.Version(),
		Engine: engineAnswer{
			Version:   info.GetVersion(),
			StartTime: info.GetStartTime().AsTime(),
			NodeTypes: append([]string{}, info.GetNodeTypes()...),
		},
	})
}
