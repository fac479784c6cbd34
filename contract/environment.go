package contract

// Source says where the infrastructure takes a variable's value from.
type Source int

// The sources a variable can have.
const (
	// Secret is an SSM SecureString, injected by ECS at the task's start and never written into the
	// task definition.
	Secret Source = iota + 1
	// Plain stands in the task definition for anyone to read.
	Plain
	// Operator is left unset by the infrastructure: an operator or a developer may set it by hand.
	Operator
)

// Unset is what a secret parameter holds until somebody gives it a value. The services treat it as absent.
const Unset = "UNSET"

// The environment variables of the two services.
const (
	DatabaseURL            = "DATABASE_URL"
	DatabaseConnections    = "DATABASE_CONNECTIONS"
	RedisURL               = "REDIS_URL"
	InternalAuthKey        = "INTERNAL_AUTH_KEY"
	CredentialsKey         = "CREDENTIALS_KEY"
	WorkflowServiceHost    = "WORKFLOW_SERVICE_HOST"
	WorkflowServicePort    = "WORKFLOW_SERVICE_PORT"
	SupabaseURL            = "SUPABASE_URL"
	SupabaseAnonKey        = "SUPABASE_ANON_KEY"
	SupabaseServiceRoleKey = "SUPABASE_SERVICE_ROLE_KEY"
	SupabaseJWTSecret      = "SUPABASE_JWT_SECRET"
	RequestsPerSecond      = "REQUESTS_PER_SECOND"
	HTTPListenHost         = "HTTP_HOST"
	HTTPListenPort         = "HTTP_PORT"
	GRPCHost               = "GRPC_HOST"
	GRPCPort               = "GRPC_PORT"
	OpenAIAPIKey           = "OPENAI_API_KEY"
	OpenAIBaseURL          = "OPENAI_BASE_URL"
	AnthropicAPIKey        = "ANTHROPIC_API_KEY"
	AnthropicBaseURL       = "ANTHROPIC_BASE_URL"
	OpenAIRequests         = "OPENAI_REQUESTS_PER_MINUTE"
	AnthropicRequests      = "ANTHROPIC_REQUESTS_PER_MINUTE"
	OutboundAllow          = "OUTBOUND_ALLOW"
	SecretsVersion         = "SECRETS_VERSION"
	Debug                  = "DEBUG"
	LogLevel               = "LOG_LEVEL"
	OTLPEndpoint           = "OTEL_EXPORTER_OTLP_ENDPOINT"
	MetricsAddress         = "METRICS_ADDRESS"
)

// Variable is one environment variable of one service.
type Variable struct {
	Name     string
	Source   Source
	Required bool   // the service refuses to start without it
	Purpose  string // one line for --help and for the README
}

// GatewayEnvironment lists every variable apps/apigateway reads. Its task definition sets exactly the
// Secret and Plain ones.
func GatewayEnvironment() []Variable {
	return append(sharedEnvironment(),
		Variable{HTTPListenHost, Plain, true, "address the HTTP server listens on"},
		Variable{HTTPListenPort, Plain, true, "port the HTTP server listens on, 1-65535"},
		Variable{WorkflowServiceHost, Plain, true, "DNS name of the workflow engine"},
		Variable{WorkflowServicePort, Plain, true, "gRPC port of the workflow engine, 1-65535"},
		Variable{SupabaseURL, Secret, false, "base URL of the Supabase project that signs users in"},
		Variable{SupabaseAnonKey, Secret, false, "publishable key of the Supabase project"},
		Variable{SupabaseServiceRoleKey, Secret, false, "secret key of the Supabase project"},
		Variable{SupabaseJWTSecret, Operator, false, "HS256 secret of a Supabase project without asymmetric keys"},
		Variable{RequestsPerSecond, Operator, false, "requests a second of one user or API key, with twice as many at once, 1-100000; 50 if it is not set"},
	)
}

// EngineEnvironment lists every variable apps/workflow reads. Its task definition sets exactly the
// Secret and Plain ones.
func EngineEnvironment() []Variable {
	return append(sharedEnvironment(),
		Variable{GRPCHost, Plain, true, "address the gRPC server listens on"},
		Variable{GRPCPort, Plain, true, "port the gRPC server listens on, 1-65535"},
		Variable{CredentialsKey, Secret, true, "seals what workspaces store secretly, 32 bytes in base64; a new one opens nothing that is stored"},
		Variable{OpenAIAPIKey, Secret, false, "OpenAI API key; absent, the provider is absent"},
		Variable{AnthropicAPIKey, Secret, false, "Anthropic API key; absent, the provider is absent"},
		Variable{OpenAIBaseURL, Plain, false, "base URL of an OpenAI-compatible server"},
		Variable{AnthropicBaseURL, Plain, false, "base URL of an Anthropic-compatible server"},
		Variable{OpenAIRequests, Operator, false, "most requests to OpenAI a minute from one engine process, 1-100000"},
		Variable{AnthropicRequests, Operator, false, "most requests to Anthropic a minute from one engine process, 1-100000"},
		Variable{OutboundAllow, Plain, false, "address ranges and host names that outgoing HTTP may reach though they are private, comma-separated"},
	)
}

func sharedEnvironment() []Variable {
	return []Variable{
		{DatabaseURL, Secret, true, "PostgreSQL connection URL"},
		{DatabaseConnections, Plain, false, "most connections of a pool to PostgreSQL, 3-100: a gateway has one pool, an engine two"},
		{RedisURL, Plain, true, "Redis connection URL, rediss:// for TLS"},
		{InternalAuthKey, Secret, true, "signs the caller's identity from the gateway to the engine"},
		{SecretsVersion, Plain, false, "version of the secrets; a new one replaces the tasks"},
		{LogLevel, Plain, false, "debug, info, warn or error"},
		{Debug, Operator, false, "true logs at debug level with sources"},
		{OTLPEndpoint, Operator, false, "where OpenTelemetry traces go"},
		{MetricsAddress, Operator, false, "host:port of an HTTP server for metrics alone"},
	}
}
