package devstack

import (
	"context"
	"net"
	"slices"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/health"
)

func (s *Stack) startEngine(ctx context.Context) (err error) {
	if s.Engine, err = address(ctx, s.options.Ports.Engine); err != nil {
		return err
	}
	if s.Metrics, err = address(ctx, s.options.Ports.Metrics); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(s.Engine)
	if err != nil {
		return err
	}
	service, err := s.run(Engine, s.binaries.engine, s.engineEnvironment(port), "--drain-delay", "0s")
	if err != nil {
		return err
	}
	s.reportf("workflow engine on %s (gRPC), metrics on http://%s/metrics, log %s", s.Engine, s.Metrics, service.log)
	return service.awaitReady(ctx, func(ctx context.Context) error { return health.GRPC(ctx, s.Engine) })
}

func (s *Stack) startGateway(ctx context.Context) error {
	at, err := address(ctx, s.options.Ports.Gateway)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		return err
	}
	service, err := s.run(Gateway, s.binaries.gateway, s.gatewayEnvironment(port), "--drain-delay", "0s")
	if err != nil {
		return err
	}
	s.Gateway = "http://" + at
	s.reportf("API gateway on %s, log %s", s.Gateway, service.log)
	return service.awaitReady(ctx, func(ctx context.Context) error { return health.HTTP(ctx, at, "/ready") })
}

func (s *Stack) shared() []string {
	return append(slices.Clone(s.options.Env), // what follows wins
		contract.DatabaseURL+"="+s.database, contract.RedisURL+"="+s.redis, contract.InternalAuthKey+"="+s.internal)
}

func (s *Stack) engineEnvironment(port string) []string {
	return append(append(s.shared(), s.modelEnvironment()...),
		contract.CredentialsKey+"="+s.sealing, contract.GRPCHost+"="+loopback, contract.GRPCPort+"="+port,
		contract.MetricsAddress+"="+s.Metrics,
		contract.OutboundAllow+"="+s.outbound(),
	)
}

// outbound opens the address of the sample server, beside what the caller opened.
func (s *Stack) outbound() string {
	if opened := s.lookup(contract.OutboundAllow); opened != "" && opened != contract.Unset {
		return opened + "," + loopback
	}
	return loopback
}

func (s *Stack) gatewayEnvironment(listen string) []string {
	host, port, _ := net.SplitHostPort(s.Engine) // we made it
	return append(s.shared(),
		contract.HTTPListenHost+"="+loopback, contract.HTTPListenPort+"="+listen,
		contract.WorkflowServiceHost+"="+host, contract.WorkflowServicePort+"="+port, contract.MetricsAddress+"=",
	)
}
