package devstack

import (
	"context"
	"net"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// simulatedKey is what the services show to the simulation, which takes any.
const simulatedKey = "simulated"

// provider is a provider of models as the engine's environment names it.
type provider struct{ name, key, base, path string }

func providers() []provider {
	return []provider{
		{"openai", contract.OpenAIAPIKey, contract.OpenAIBaseURL, "/v1"},
		{"anthropic", contract.AnthropicAPIKey, contract.AnthropicBaseURL, ""},
	}
}

// startModels serves the models of every provider whose key is not in the environment. Its words say that they are
// simulated, wherever they appear.
func (s *Stack) startModels(ctx context.Context) error {
	for _, p := range providers() {
		if value := s.lookup(p.key); value == "" || value == contract.Unset {
			s.Simulated = append(s.Simulated, p.name)
		}
	}
	if len(s.Simulated) == 0 {
		return nil
	}
	server := modelsim.New(modelsim.Script{})
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
	for _, p := range providers() {
		if slices.Contains(s.Simulated, p.name) {
			environ = append(environ, p.key+"="+simulatedKey, p.base+"="+s.models+p.path)
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
