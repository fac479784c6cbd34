package envconfig_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/envconfig"
)

type sample struct {
	envconfig.Shared
	Host envconfig.Host `env:"WORKFLOW_SERVICE_HOST"`
	Port envconfig.Port `env:"WORKFLOW_SERVICE_PORT"`
}

func valid() []string {
	return []string{
		"DATABASE_URL=postgres://app:hunter2@db:5432/app",
		"REDIS_URL=rediss://cache:6379",
		"INTERNAL_AUTH_KEY=hunter2",
		"WORKFLOW_SERVICE_HOST=workflow-engine.test.local",
		"WORKFLOW_SERVICE_PORT=50051",
	}
}

func load(more ...string) (sample, error) {
	return envconfig.Load[sample](append(valid(), more...), contract.GatewayEnvironment())
}

func TestLoadFillsTheStruct(t *testing.T) {
	got, err := load("LOG_LEVEL=warn", "DEBUG=false", "SECRETS_VERSION=3")
	if err != nil {
		t.Fatal(err)
	}
	if got.DatabaseURL.Reveal() != "postgres://app:hunter2@db:5432/app" || got.Port != "50051" || got.SecretsVersion != "3" { //nolint:gosec // the password above, which opens nothing
		t.Errorf("the values did not arrive: %+v", got)
	}
	if level := got.LogOptions().Level.Level(); level != slog.LevelWarn {
		t.Errorf("LOG_LEVEL=warn gives level %v", level)
	}
}

func TestPoolsAreBounded(t *testing.T) {
	if got, err := load("DATABASE_CONNECTIONS=3"); err != nil || got.DatabaseConnections != contract.LeastConnections {
		t.Errorf("a pool of 3 gives %d, %v", got.DatabaseConnections, err)
	}
	for _, size := range []string{"2", "101", "many"} {
		if _, err := load("DATABASE_CONNECTIONS=" + size); err == nil || !strings.Contains(err.Error(), "from 3 to 100") {
			t.Errorf("a pool of %s is not refused with its bounds: %v", size, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{":9464", "0.0.0.0:9464", "[::1]:9464", "localhost:0"} {
		if got, err := load("METRICS_ADDRESS=" + address); err != nil || string(got.MetricsAddress) != address {
			t.Errorf("%s gives %q, %v", address, got.MetricsAddress, err)
		}
	}
}

func TestDebugWinsOverLogLevel(t *testing.T) {
	got, err := load("LOG_LEVEL=error", "DEBUG=true")
	if err != nil {
		t.Fatal(err)
	}
	if options := got.LogOptions(); options.Level.Level() != slog.LevelDebug || !options.AddSource {
		t.Errorf("DEBUG=true gives %+v", options)
	}
}

func TestLoadNamesEveryProblemAtOnce(t *testing.T) {
	_, err := load(
		"DATABASE_URL=mysql://app:hunter2@db/app", "REDIS_URL=", "INTERNAL_AUTH_KEY=UNSET",
		"WORKFLOW_SERVICE_HOST=http://engine", "WORKFLOW_SERVICE_PORT=65536",
		"LOG_LEVEL=loud", "DEBUG=maybe", "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318",
	)
	var got envconfig.Errors
	if !errors.As(err, &got) {
		t.Fatalf("want Errors, got %v", err)
	}
	const notShown = " and names a host (its value is not shown: it may hold a password)"
	want := envconfig.Errors{
		"REDIS_URL is not set; it is required: Redis connection URL, rediss:// for TLS",
		"INTERNAL_AUTH_KEY is not set; it is required: signs the caller's identity from the gateway to the engine",
		"DATABASE_URL must be a URL that starts with postgres:// or postgresql://" + notShown,
		`LOG_LEVEL must be debug, info, warn or error, got "loud"`,
		`DEBUG must be true or false, got "maybe"`,
		"OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that starts with http:// or https://" + notShown,
		`WORKFLOW_SERVICE_HOST must be a host name or an IP address without scheme and port, got "http://engine"`,
		`WORKFLOW_SERVICE_PORT must be a port from 1 to 65535, got "65536"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedValues(t *testing.T) {
	for _, assignment := range []string{
		"WORKFLOW_SERVICE_PORT=0", "WORKFLOW_SERVICE_PORT=-1", "WORKFLOW_SERVICE_PORT=http",
		"WORKFLOW_SERVICE_HOST=engine:50051", "WORKFLOW_SERVICE_HOST=[::1]",
		"DATABASE_URL=hunter2", "DATABASE_URL=postgres://", "DATABASE_URL=postgres://app:hunter2@db:port/%zz",
		"REDIS_URL=https://cache", "LOG_LEVEL=INFO+2",
		"METRICS_ADDRESS=9464", "METRICS_ADDRESS=:65536", "METRICS_ADDRESS=:http", "METRICS_ADDRESS=http://host:9464", "METRICS_ADDRESS=::1:9464",
	} {
		t.Run(assignment, func(t *testing.T) {
			name, _, _ := strings.Cut(assignment, "=")
			_, err := load(assignment)
			if err == nil || !strings.Contains(err.Error(), "1 problem:\n  "+name+" must be ") {
				t.Errorf("want the one problem of %s, got: %v", name, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestLoadAsksOnlyForWhatTheStructReads(t *testing.T) {
	type portOnly struct {
		Port envconfig.Port `env:"WORKFLOW_SERVICE_PORT"`
	}
	got, err := envconfig.Load[portOnly]([]string{"WORKFLOW_SERVICE_PORT=1"}, contract.GatewayEnvironment())
	if err != nil || got.Port != "1" {
		t.Errorf("got %+v, %v", got, err)
	}
}
