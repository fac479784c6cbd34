// Package contract is what the infrastructure and the services must agree on: names, ports, health
// paths and environment variables. It is constants and pure functions over the standard library, so
// a constructs file and a service's main read the same line and the compiler carries a change to both.
package contract

// Project names the product. It is the default of the project_name variable, and so the first half of
// every resource name.
const Project = "agent-team"

// Service is one of the two programs that the infrastructure runs.
type Service struct {
	// Name is the service's name in DNS, in ECS and in the image registry: lower case, hyphens.
	Name string
	// Port is the TCP port the container listens on.
	Port int
	// Binary is the program's path inside the image, as ko lays it out.
	Binary string
}

// HealthPath is the gateway's liveness route. The load balancer expects 200 from it; it asks no token
// and touches no dependency.
const HealthPath = "/health"

// HealthcheckCommand is the argument that makes either binary probe its own running process, so that
// the images need no shell and no curl.
const HealthcheckCommand = "healthcheck"

// Ports beside the services' own.
const (
	PostgresPort = 5432
	RedisPort    = 6379
	HTTPPort     = 80
	HTTPSPort    = 443
)

// StopTimeoutSeconds is how long ECS waits between SIGTERM and SIGKILL. The services drain within it.
const StopTimeoutSeconds = 60

// APIGateway is the public HTTP service.
func APIGateway() Service {
	return Service{Name: "api-gateway", Port: 8000, Binary: "/ko-app/apigateway"}
}

// WorkflowEngine is the gRPC service that runs workflows.
func WorkflowEngine() Service {
	return Service{Name: "workflow-engine", Port: 50051, Binary: "/ko-app/workflow"}
}
