package engine

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // lets the channel obey healthCheckConfig
	"google.golang.org/grpc/keepalive"
)

// serviceConfig spreads calls over every task that reports SERVING. It repeats a call that found its task
// gone if carrying it out twice is the same as once: reads, and runs whose ids the gateway chose. What
// would publish, create or pay twice is left to the client, who has Idempotency-Key.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": ""},
	"methodConfig": [{
		"name": [
			{"service": "workflow.v1.EngineService"},
			{"service": "workflow.v1.WorkflowService", "method": "GetWorkflow"},
			{"service": "workflow.v1.WorkflowService", "method": "ListWorkflows"},
			{"service": "workflow.v1.WorkflowService", "method": "ValidateDocument"},
			{"service": "workflow.v1.WorkflowService", "method": "GetVersion"},
			{"service": "workflow.v1.WorkflowService", "method": "ListVersions"},
			{"service": "workflow.v1.NodeService", "method": "ListNodeTypes"},
			{"service": "workflow.v1.NodeService", "method": "ValidateNode"},
			{"service": "workflow.v1.RunService", "method": "StartRun"},
			{"service": "workflow.v1.RunService", "method": "ForkRun"},
			{"service": "workflow.v1.RunService", "method": "ReplayRun"},
			{"service": "workflow.v1.RunService", "method": "CompareReplay"},
			{"service": "workflow.v1.RunService", "method": "CancelRun"},
			{"service": "workflow.v1.RunService", "method": "GetRun"},
			{"service": "workflow.v1.RunService", "method": "ListRuns"},
			{"service": "workflow.v1.RunService", "method": "ListSteps"},
			{"service": "workflow.v1.RunService", "method": "ListRunEvents"},
			{"service": "workflow.v1.RunService", "method": "GetArtifact"},
			{"service": "workflow.v1.RunService", "method": "GetUsage"},
			{"service": "workflow.v1.EvaluationService", "method": "GetEvaluation"},
			{"service": "workflow.v1.EvaluationService", "method": "ListEvaluations"},
			{"service": "workflow.v1.EvaluationService", "method": "RunEvaluation"},
			{"service": "workflow.v1.EvaluationService", "method": "GetEvaluationRun"},
			{"service": "workflow.v1.EvaluationService", "method": "ListEvaluationRuns"},
			{"service": "workflow.v1.EvaluationService", "method": "CompareEvaluationRuns"},
			{"service": "workflow.v1.ApprovalService", "method": "ListApprovals"},
			{"service": "workflow.v1.ApprovalService", "method": "GetApproval"},
			{"service": "workflow.v1.ThreadService", "method": "CreateThread"},
			{"service": "workflow.v1.ThreadService", "method": "GetThread"},
			{"service": "workflow.v1.ThreadService", "method": "ListThreads"},
			{"service": "workflow.v1.ThreadService", "method": "ListMessages"},
			{"service": "workflow.v1.MemoryService", "method": "GetMemory"},
			{"service": "workflow.v1.MemoryService", "method": "ListMemory"},
			{"service": "workflow.v1.DocumentService", "method": "GetDocument"},
			{"service": "workflow.v1.DocumentService", "method": "ListDocuments"},
			{"service": "workflow.v1.DocumentService", "method": "SearchDocuments"}
		],
		"retryPolicy": {
			"maxAttempts": 3,
			"initialBackoff": "0.1s",
			"maxBackoff": "1s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}]
}`

// How the channel notices a lost task and finds a new one.
const (
	pingIdleAfter    = 30 * time.Second // the engine disconnects clients that ping every 15 s
	pingTimeout      = 10 * time.Second
	connectTimeout   = 5 * time.Second
	firstReconnect   = 200 * time.Millisecond
	slowestReconnect = 3 * time.Second // so /ready is right again soon after the engine is back
)

// Bounds of memory. The window is what the engine may send ahead of a reader: without a fixed one gRPC
// lets it grow to 16 MiB for each stream.
const (
	maxAnswerBytes = 8 << 20 // a run's outputs beside its inputs, or an artifact
	streamWindow   = 64 << 10
	channelWindow  = 1 << 20
)

func channelOptions(o Options) []grpc.DialOption {
	signer := signer{key: o.Key}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableServiceConfig(), // asks DNS for addresses only, not for a TXT record
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingIdleAfter, Timeout: pingTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: connectTimeout, Backoff: backoff.Config{
			BaseDelay: firstReconnect, MaxDelay: slowestReconnect, Multiplier: 1.6, Jitter: 0.2,
		}}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(channelWindow),
		grpc.WithUnaryInterceptor(signer.unary),
		grpc.WithStreamInterceptor(signer.stream),
	}
	if o.Telemetry != nil {
		options = append(options, o.Telemetry)
	}
	return options
}
