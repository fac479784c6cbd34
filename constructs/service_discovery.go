package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/servicediscoveryprivatednsnamespace"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/servicediscoveryservice"

	"github.com/agentteam/agentteam/contract"
)

// ServiceDiscovery is the private DNS by which the services find each other.
type ServiceDiscovery struct {
	APIGatewayARN, WorkflowEngineARN *string
	// WorkflowEngineHost resolves to the address of every running engine task.
	WorkflowEngineHost *string
}

// NewServiceDiscovery declares the namespace <prefix>.local with one name per service.
func NewServiceDiscovery(in Scope, vpc *VPC) *ServiceDiscovery {
	namespace := declare(in, "main", servicediscoveryprivatednsnamespace.NewServiceDiscoveryPrivateDnsNamespace,
		&servicediscoveryprivatednsnamespace.ServiceDiscoveryPrivateDnsNamespaceConfig{
			Name:        text("${local.prefix}.local"),
			Description: text("Services of ${local.prefix}"),
			Vpc:         vpc.ID,
		})
	return &ServiceDiscovery{
		APIGatewayARN:      discoverable(in, "api_gateway", contract.APIGateway(), namespace.Id()),
		WorkflowEngineARN:  discoverable(in, "workflow_engine", contract.WorkflowEngine(), namespace.Id()),
		WorkflowEngineHost: text("%s.${local.prefix}.local", contract.WorkflowEngine().Name),
	}
}

// discoverable gives a service its name. ECS reports the health of each task; the TTL of 10 seconds is how long a
// client may still call a task that has gone.
func discoverable(in Scope, name string, service contract.Service, namespaceID *string) (arn *string) {
	return declare(in, name, servicediscoveryservice.NewServiceDiscoveryService,
		&servicediscoveryservice.ServiceDiscoveryServiceConfig{
			Name: &service.Name,
			DnsConfig: &servicediscoveryservice.ServiceDiscoveryServiceDnsConfig{
				NamespaceId:   namespaceID,
				RoutingPolicy: new("MULTIVALUE"),
				DnsRecords:    []*servicediscoveryservice.ServiceDiscoveryServiceDnsConfigDnsRecords{{Type: new("A"), Ttl: new(10.0)}},
			},
			// ECS takes its tasks out of DNS some time after they have gone.
			ForceDestroy:            true,
			HealthCheckCustomConfig: &servicediscoveryservice.ServiceDiscoveryServiceHealthCheckCustomConfig{FailureThreshold: new(1.0)},
		}).Arn()
}
