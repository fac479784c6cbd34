// Package engine is the gateway's way to the workflow engine: one gRPC channel over all of its tasks.
package engine

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	"github.com/agentteam/agentteam/internal/health"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// How long a call about the engine itself may take.
const (
	readyTimeout = 2 * time.Second
	infoTimeout  = 5 * time.Second
)

// Options is what a client needs beside the address.
type Options struct {
	Key       string          // INTERNAL_AUTH_KEY, which signs the caller of each call
	Telemetry grpc.DialOption // of telemetry.GRPCClient; nil measures and traces nothing
	Log       *slog.Logger
}

// Client is the channel to the engine. A call carries the context's caller, signed.
type Client struct {
	Workflows   workflowv1.WorkflowServiceClient
	Agents      workflowv1.AgentServiceClient
	Authoring   workflowv1.AuthoringServiceClient
	Evaluations workflowv1.EvaluationServiceClient
	Nodes       workflowv1.NodeServiceClient
	Runs        workflowv1.RunServiceClient
	Approvals   workflowv1.ApprovalServiceClient
	Credentials workflowv1.CredentialServiceClient
	MCPServers  workflowv1.MCPServerServiceClient
	Schedules   workflowv1.ScheduleServiceClient
	Webhooks    workflowv1.WebhookServiceClient
	Endpoints   workflowv1.EndpointServiceClient
	Threads     workflowv1.ThreadServiceClient
	Memory      workflowv1.MemoryServiceClient
	Documents   workflowv1.DocumentServiceClient

	conn     *grpc.ClientConn
	info     workflowv1.EngineServiceClient
	patience patience
	log      *slog.Logger
}

// Dial starts to connect to every task behind the DNS name of address (host:port) and does not wait:
// the gateway serves without the engine and says so on /ready. No proxy is asked.
func Dial(address string, o Options) (*Client, error) {
	return dial("dns:///"+address, o, grpc.WithResolvers(watchNames()))
}

func dial(target string, o Options, more ...grpc.DialOption) (*Client, error) {
	options := append(channelOptions(o), more...)
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, err
	}
	conn.Connect()
	return &Client{
		Workflows:   workflowv1.NewWorkflowServiceClient(conn),
		Agents:      workflowv1.NewAgentServiceClient(conn),
		Authoring:   workflowv1.NewAuthoringServiceClient(conn),
		Evaluations: workflowv1.NewEvaluationServiceClient(conn),
		Nodes:       workflowv1.NewNodeServiceClient(conn),
		Runs:        workflowv1.NewRunServiceClient(conn),
		Approvals:   workflowv1.NewApprovalServiceClient(conn),
		Credentials: workflowv1.NewCredentialServiceClient(conn),
		MCPServers:  workflowv1.NewMCPServerServiceClient(conn),
		Schedules:   workflowv1.NewScheduleServiceClient(conn),
		Webhooks:    workflowv1.NewWebhookServiceClient(conn),
		Endpoints:   workflowv1.NewEndpointServiceClient(conn),
		Threads:     workflowv1.NewThreadServiceClient(conn),
		Memory:      workflowv1.NewMemoryServiceClient(conn),
		Documents:   workflowv1.NewDocumentServiceClient(conn),
		conn:        conn,
		info:        workflowv1.NewEngineServiceClient(conn),
		patience:    defaultPatience(),
		log:         o.Log,
	}, nil
}

// Ready succeeds if some task of the engine serves. Its error is a gRPC status.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return health.Serving(ctx, c.conn)
}

// Info asks one task of the engine which build it is. Its error is a gRPC status.
func (c *Client) Info(ctx context.Context) (*workflowv1.GetEngineInfoResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	return c.info.GetEngineInfo(ctx, &workflowv1.GetEngineInfoRequest{})
}

// Close ends the channel.
func (c *Client) Close() error { return c.conn.Close() }
