package servicetest

import (
	"encoding/base64"
	"net"
	"testing"
)

// The binaries' import paths.
const (
	Gateway = "github.com/agentteam/agentteam/apps/apigateway"
	Engine  = "github.com/agentteam/agentteam/apps/workflow"
)

// AuthKey signs callers' identities from the gateway to the engine, in both environments.
const AuthKey = "hunter2-hunter2-hunter2"

// CredentialsKey seals what workspaces store secretly, in the engine's environment.
func CredentialsKey() string {
	return base64.StdEncoding.EncodeToString([]byte("hunter2-hunter2-hunter2-hunter2-"))
}

// EngineEnvironment is a whole valid environment of the workflow engine, on a database such as databasetest.URL gives.
func EngineEnvironment(database string) []string {
	return append(sharedEnvironment(database), "CREDENTIALS_KEY="+CredentialsKey(), "GRPC_HOST=127.0.0.1", "GRPC_PORT=50051")
}

// GatewayEnvironment is a whole valid environment of the API gateway, with the engine at host:port.
func GatewayEnvironment(t *testing.T, database, engine string) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(engine)
	if err != nil {
		t.Fatal(err)
	}
	return append(sharedEnvironment(database), "HTTP_HOST=127.0.0.1", "HTTP_PORT=8000",
		"WORKFLOW_SERVICE_HOST="+host, "WORKFLOW_SERVICE_PORT="+port)
}

// sharedEnvironment names a Redis that is not there: the services need none. A test that has one adds its REDIS_URL,
// since of two the last counts.
func sharedEnvironment(database string) []string {
	return []string{
		"DATABASE_URL=" + database,
		"REDIS_URL=redis://:hunter2@127.0.0.1:1",
		"INTERNAL_AUTH_KEY=" + AuthKey,
		"LOG_LEVEL=debug",
	}
}
