package servicetest

import (
	"net"
	"testing"
)

// The binaries' import paths.
const (
	Gateway = "github.com/agentteam/agentteam/apps/apigateway"
	Engine  = "github.com/agentteam/agentteam/apps/workflow"
)

// EngineEnvironment is a whole valid environment of the workflow engine.
func EngineEnvironment() []string {
	return append(sharedEnvironment(), "GRPC_HOST=127.0.0.1", "GRPC_PORT=50051")
}

// GatewayEnvironment is a whole valid environment of the API gateway, with the engine at host:port.
func GatewayEnvironment(t *testing.T, engine string) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(engine)
	if err != nil {
		t.Fatal(err)
	}
	return append(sharedEnvironment(), "WORKFLOW_SERVICE_HOST="+host, "WORKFLOW_SERVICE_PORT="+port)
}

func sharedEnvironment() []string {
	return []string{
		"DATABASE_URL=postgres://app:hunter2@127.0.0.1:5432/app",
		"REDIS_URL=redis://:hunter2@127.0.0.1:6379",
		"INTERNAL_AUTH_KEY=hunter2",
		"LOG_LEVEL=debug",
	}
}
