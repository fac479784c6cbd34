// Package config is the API gateway's configuration. It reads exactly the variables of
// contract.GatewayEnvironment, which its task definition sets.
package config

import (
	"net"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/envconfig"
)

// Config is everything the gateway reads at its start.
type Config struct {
	envconfig.Shared
	Listen
	WorkflowServiceHost    envconfig.Host      `env:"WORKFLOW_SERVICE_HOST"`
	WorkflowServicePort    envconfig.Port      `env:"WORKFLOW_SERVICE_PORT"`
	SupabaseURL            envconfig.HTTPURL   `env:"SUPABASE_URL"`
	SupabaseAnonKey        envconfig.Secret    `env:"SUPABASE_ANON_KEY"`
	SupabaseServiceRoleKey envconfig.Secret    `env:"SUPABASE_SERVICE_ROLE_KEY"`
	SupabaseJWTSecret      envconfig.Secret    `env:"SUPABASE_JWT_SECRET"`
	RequestsPerSecond      envconfig.PerSecond `env:"REQUESTS_PER_SECOND"`
}

// Listen is where the HTTP server listens: all that the health check needs to know.
type Listen struct {
	Host envconfig.Host `env:"HTTP_HOST"`
	Port envconfig.Port `env:"HTTP_PORT"`
}

// Address is the host and the port in one, or the override if there is one.
func (l Listen) Address(override string) string {
	if override != "" {
		return override
	}
	return net.JoinHostPort(string(l.Host), string(l.Port))
}

// EngineAddress is host:port of the workflow engine; the host may resolve to many tasks.
func (c Config) EngineAddress() string {
	return net.JoinHostPort(string(c.WorkflowServiceHost), string(c.WorkflowServicePort))
}

// Load reads the whole configuration from environ and reports all its problems at once.
func Load(environ []string) (Config, error) {
	return envconfig.Load[Config](environ, contract.GatewayEnvironment())
}

// LoadListen reads the listen address alone.
func LoadListen(environ []string) (Listen, error) {
	return envconfig.Load[Listen](environ, contract.GatewayEnvironment())
}
