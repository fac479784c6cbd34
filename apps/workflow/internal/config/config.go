// Package config is the workflow engine's configuration. It reads exactly the variables of
// contract.EngineEnvironment, which its task definition sets.
package config

import (
	"net"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/envconfig"
)

// Config is everything the engine reads at its start. A provider whose key is absent is absent.
type Config struct {
	envconfig.Shared
	Listen
	CredentialsKey             envconfig.Secret         `env:"CREDENTIALS_KEY"`
	OpenAIAPIKey               envconfig.Secret         `env:"OPENAI_API_KEY"`
	OpenAIBaseURL              envconfig.HTTPURL        `env:"OPENAI_BASE_URL"`
	OpenAIRequestsPerMinute    envconfig.PerMinute      `env:"OPENAI_REQUESTS_PER_MINUTE"`
	AnthropicAPIKey            envconfig.Secret         `env:"ANTHROPIC_API_KEY"`
	AnthropicBaseURL           envconfig.HTTPURL        `env:"ANTHROPIC_BASE_URL"`
	AnthropicRequestsPerMinute envconfig.PerMinute      `env:"ANTHROPIC_REQUESTS_PER_MINUTE"`
	OutboundAllow              envconfig.AllowedTargets `env:"OUTBOUND_ALLOW"`
}

// Listen is where the gRPC server listens: all that the health check needs to know.
type Listen struct {
	Host envconfig.Host `env:"GRPC_HOST"`
	Port envconfig.Port `env:"GRPC_PORT"`
}

// Address is the host and the port in one, or the override if there is one.
func (l Listen) Address(override string) string {
	if override != "" {
		return override
	}
	return net.JoinHostPort(string(l.Host), string(l.Port))
}

// Load reads the whole configuration from environ and reports all its problems at once.
func Load(environ []string) (Config, error) {
	return envconfig.Load[Config](environ, contract.EngineEnvironment())
}

// LoadListen reads the listen address alone.
func LoadListen(environ []string) (Listen, error) {
	return envconfig.Load[Listen](environ, contract.EngineEnvironment())
}

// LoadDatabase reads the database's URL alone.
func LoadDatabase(environ []string) (string, error) {
	cfg, err := envconfig.Load[struct {
		DatabaseURL envconfig.PostgresURL `env:"DATABASE_URL"`
	}](environ, contract.EngineEnvironment())
	return cfg.DatabaseURL.Reveal(), err
}
