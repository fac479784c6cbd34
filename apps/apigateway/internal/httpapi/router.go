package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/agentteam/agentteam/internal/buildinfo"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// routes puts every operation, and what describes them, on a router.
func (s *Server) routes() http.Handler { //nolint:funlen // a list
	s.router = chi.NewMux()
	s.router.Use(middleware.GetHead)
	s.router.NotFound(s.notFound)
	s.router.MethodNotAllowed(s.methodNotAllowed)
	s.api = huma.NewAPI(configuration(), adapter{s.router, s})
	s.health()
	s.me()
	s.workspaces()
	s.members()
	s.apiKeys()
	s.workflows()
	s.authoring()
	s.versions()
	s.agents()
	s.agentVersions()
	s.nodes()
	s.runs()
	s.steps()
	s.evaluations()
	s.evaluationRuns()
	s.events()
	s.approvals()
	s.credentials()
	s.mcpServers()
	s.schedules()
	s.webhooks()
	s.hooks()
	s.endpoints()
	s.threads()
	s.memory()
	s.documents()
	s.artifacts()
	s.usage()
	s.describe()
	s.mcp()
	s.get(telemetry.MetricsPath, s.telemetry.MetricsHandler())
	return s.router
}

func (s *Server) get(path string, handler http.Handler) {
	s.router.Method(http.MethodGet, path, s.routed(path, handler))
}

func configuration() huma.Config {
	config := huma.DefaultConfig("Agent Team", buildinfo.Version())
	config.Info.Description = introduction
	config.DocsPath, config.OpenAPIPath, config.SchemasPath = "", "", "" // served by describe, without a script of somebody else
	config.CreateHooks = nil                                             // would add a $schema to every answer
	config.Transformers = []huma.Transformer{completed}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A user's access token from Supabase."},
		"api_key": {Type: "http", Scheme: "bearer", Description: "An API key of a workspace: atk_…"},
	}
	return config
}

const introduction = `Workflows of agents, tools and people that run durably.

Send a token as Authorization: Bearer …, a user's or an API key.

Errors are RFC 9457 problems: the code is for programs, the detail for people, and request_id is also in X-Request-Id.

Lists have page_size and page_token, and answer items and next_page_token. Times are RFC 3339 in UTC.`

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	newProblem(http.StatusNotFound, codeNotFound, "there is no such path; /docs lists all of them").write(w, r)
}

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := strings.Join(s.allowed(r.URL.Path), ", ")
	w.Header().Set("Allow", allowed)
	newProblem(http.StatusMethodNotAllowed, codeMethod, r.Method+" is not allowed here; allowed: "+allowed).write(w, r)
}

func (s *Server) allowed(path string) (methods []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if !s.router.Match(chi.NewRouteContext(), method, path) {
			continue
		}
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return methods
}
