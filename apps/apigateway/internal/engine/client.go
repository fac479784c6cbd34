// Package engine is the gateway's way to the workflow engine: one gRPC channel over all of its tasks.
package engine

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // lets the channel obey healthCheckConfig
	"google.golang.org/grpc/keepalive"

	"github.com/agentteam/agentteam/internal/health"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// serviceConfig spreads calls over every task that reports SERVING, and repeats a call of the
// read-only EngineService that found its task gone.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": ""},
	"methodConfig": [{
		"name": [{"service": "workflow.v1.EngineService"}],
		"retryPolicy": {
			"maxAttempts": 3,
			"initialBackoff": "0.1s",
			"maxBackoff": "1s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}]
}`

// How the channel notices a lost task and finds a new one, and how long a call may take.
const (
	pingIdleAfter    = 30 * time.Second // the engine disconnects clients that ping every 15 s
	pingTimeout      = 10 * time.Second
	connectTimeout   = 5 * time.Second
	firstReconnect   = 200 * time.Millisecond
	slowestReconnect = 3 * time.Second // so /ready is right again soon after the engine is back
	readyTimeout     = 2 * time.Second
	infoTimeout      = 5 * time.Second
)

// Client is the channel to the engine.
type Client struct {
	conn *grpc.ClientConn
	info workflowv1.EngineServiceClient
}

// Dial starts to connect to every task behind the DNS name of address (host:port) and does not wait:
// the gateway serves without the engine and says so on /ready. No proxy is asked.
func Dial(address string) (*Client, error) {
	conn, err := grpc.NewClient("dns:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableServiceConfig(), // asks DNS for addresses only, not for a TXT record
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingIdleAfter, Timeout: pingTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: connectTimeout, Backoff: backoff.Config{
			BaseDelay: firstReconnect, MaxDelay: slowestReconnect, Multiplier: 1.6, Jitter: 0.2,
		}}),
	)
	if err != nil {
		return nil, err
	}
	conn.Connect()
	return &Client{conn: conn, info: workflowv1.NewEngineServiceClient(conn)}, nil
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
