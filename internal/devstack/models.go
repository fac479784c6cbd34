package devstack

import (
	"context"
	"net"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// SimulatedKey is what the services show to the simulation, which takes any.
const SimulatedKey = "simulated"

// Provider is a provider of models as the engine's environment names it.
type Provider struct {
	Name      string
	Key, Base string // variables
	Path      string // of its API at a base URL
}

// Providers are those that the engine knows.
func Providers() []Provider {
	return []Provider{
		{"openai", contract.OpenAIAPIKey, contract.OpenAIBaseURL, "/v1"},
		{"anthropic", contract.AnthropicAPIKey, contract.AnthropicBaseURL, ""},
	}
}

// startModels serves the models of every provider whose key is not in the environment. Its words say that they are
// simulated, wherever they appear.
func (s *Stack) startModels(ctx context.Context) error {
	for _, p := range Providers() {
		if value := s.lookup(p.Key); value == "" || value == contract.Unset {
			s.Simulated = append(s.Simulated, p.Name)
		}
	}
	if len(s.Simulated) == 0 {
		return nil
	}
	server := modelsim.New(s.options.Models)
	url, err := server.Start(ctx, net.JoinHostPort(loopback, "0"))
	if err != nil {
		return err
	}
	s.models = url
	s.started("the simulated models", server.Close)
	s.reportf("models of %s: SIMULATED, on %s (a key in the environment switches the simulation off)", strings.Join(s.Simulated, " and "), s.models)
	return nil
}

// modelEnvironment points the simulated providers at the simulation, and leaves the real ones alone.
func (s *Stack) modelEnvironment() (environ []string) {
	for _, p := range Providers() {
		if slices.Contains(s.Simulated, p.Name) {
			environ = append(environ, p.Key+"="+SimulatedKey, p.Base+"="+s.models+p.Path)
		}
	}
	return environ
}

// lookup is what the services' environment says before the stack adds to it; the last assignment counts.
func (s *Stack) lookup(name string) (value string) {
	for _, assignment := range s.options.Env {
		if text, found := strings.CutPrefix(assignment, name+"="); found {
			value = text
		}
	}
	return value
}
