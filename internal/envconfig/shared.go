package envconfig

import "log/slog"

// Shared is what both services read. Each embeds it in its own configuration.
type Shared struct {
	DatabaseURL         PostgresURL `env:"DATABASE_URL"`
	DatabaseConnections Connections `env:"DATABASE_CONNECTIONS"`
	RedisURL            RedisURL    `env:"REDIS_URL"`
	InternalAuthKey     Secret      `env:"INTERNAL_AUTH_KEY"`
	SecretsVersion      string      `env:"SECRETS_VERSION"`
	LogLevel            LogLevel    `env:"LOG_LEVEL"`
	Debug               bool        `env:"DEBUG"`
	OTLPEndpoint        HTTPURL     `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	MetricsAddress      Address     `env:"METRICS_ADDRESS"`
}

// LogOptions are the handler options that LOG_LEVEL and DEBUG ask for; DEBUG wins.
func (s Shared) LogOptions() *slog.HandlerOptions {
	if s.Debug {
		return &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	}
	return &slog.HandlerOptions{Level: slog.Level(s.LogLevel)}
}
