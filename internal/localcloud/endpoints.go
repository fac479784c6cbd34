package localcloud

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/agentteam/agentteam/internal/balancer"
	"github.com/agentteam/agentteam/internal/fargate"
)

// endpoints are the names of what tasks reach, and of what reaches them.
type endpoints struct {
	Databases map[string]bool   // host:port
	Caches    map[string]bool   // host:port, and whether it is encrypted
	Names     map[string]string // in private DNS, by the ARN of the service in service discovery
	Doors     map[string]door   // by the ARN of the target group
}

// door is how a target group is reached from outside.
type door struct {
	URL   string // at the load balancer's own name
	Group balancer.Group
}

// clients are AWS's own.
type clients struct {
	rds       *rds.Client
	cache     *elasticache.Client
	balancers *elasticloadbalancingv2.Client
	discovery *servicediscovery.Client
}

func newClients(config aws.Config) clients {
	return clients{rds.NewFromConfig(config), elasticache.NewFromConfig(config),
		elasticloadbalancingv2.NewFromConfig(config), servicediscovery.NewFromConfig(config)}
}

// read asks for the data stores, and for what these services are registered with.
func (c clients) read(ctx context.Context, services []fargate.Service) (endpoints, error) {
	e := endpoints{Databases: map[string]bool{}, Caches: map[string]bool{}, Names: map[string]string{}, Doors: map[string]door{}}
	databases, err := c.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{})
	if err != nil {
		return e, err
	}
	for _, d := range databases.DBInstances {
		if d.Endpoint != nil {
			e.Databases[hostPort(d.Endpoint.Address, d.Endpoint.Port)] = true
		}
	}
	groups, err := c.cache.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{})
	if err != nil {
		return e, err
	}
	for _, group := range groups.ReplicationGroups {
		for _, nodes := range group.NodeGroups {
			if p := nodes.PrimaryEndpoint; p != nil {
				e.Caches[hostPort(p.Address, p.Port)] = aws.ToBool(group.TransitEncryptionEnabled)
			}
		}
	}
	for _, s := range services {
		if err := c.readService(ctx, s, &e); err != nil {
			return e, fmt.Errorf("service %s: %w", s.Name, err)
		}
	}
	return e, nil
}

func hostPort(host *string, port *int32) string {
	return net.JoinHostPort(aws.ToString(host), strconv.Itoa(int(aws.ToInt32(port))))
}

func (c clients) readService(ctx context.Context, s fargate.Service, e *endpoints) (err error) {
	if s.DiscoveryService != "" {
		if e.Names[s.DiscoveryService], err = c.name(ctx, s.DiscoveryService); err != nil {
			return err
		}
	}
	for _, group := range s.TargetGroups {
		if e.Doors[group.ARN], err = c.door(ctx, group.ARN); err != nil {
			return err
		}
	}
	return nil
}

// name is a service's name in its namespace.
func (c clients) name(ctx context.Context, arn string) (string, error) {
	service, err := c.discovery.GetService(ctx, &servicediscovery.GetServiceInput{Id: new(discoveryID(arn))})
	if err != nil {
		return "", err
	}
	namespace, err := c.discovery.GetNamespace(ctx, &servicediscovery.GetNamespaceInput{Id: service.Service.DnsConfig.NamespaceId}) //nolint:staticcheck // the emulator has it nowhere else
	if err != nil {
		return "", err
	}
	return aws.ToString(service.Service.Name) + "." + aws.ToString(namespace.Namespace.Name), nil
}

// discoveryID is the end of an ARN of a service in service discovery.
func discoveryID(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// door reads a target group, how it is left, and the load balancer before it.
func (c clients) door(ctx context.Context, group string) (door, error) {
	described, err := c.balancers.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})
	if err != nil {
		return door{}, err
	}
	attributes, err := c.balancers.DescribeTargetGroupAttributes(ctx, &elasticloadbalancingv2.DescribeTargetGroupAttributesInput{TargetGroupArn: &group})
	if err != nil {
		return door{}, err
	}
	g, err := targetGroup(&described.TargetGroups[0], attributes.Attributes)
	if err != nil || len(described.TargetGroups[0].LoadBalancerArns) == 0 {
		return door{Group: g}, err
	}
	balancers, err := c.balancers.DescribeLoadBalancers(ctx, &elasticloadbalancingv2.DescribeLoadBalancersInput{LoadBalancerArns: described.TargetGroups[0].LoadBalancerArns})
	if err != nil {
		return door{}, err
	}
	listeners, err := c.balancers.DescribeListeners(ctx, &elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn})
	if err != nil {
		return door{}, err
	}
	return door{doorURL(aws.ToString(balancers.LoadBalancers[0].DNSName), listeners.Listeners, group), g}, nil
}

// targetGroup takes from a target group what the balancer honours.
func targetGroup(from *elbtypes.TargetGroup, attributes []elbtypes.TargetGroupAttribute) (balancer.Group, error) {
	g := balancer.Group{Delay: 300 * time.Second, Check: balancer.HealthCheck{ // of AWS, where nothing is said
		Path: aws.ToString(from.HealthCheckPath), Status: http.StatusOK,
		Interval: time.Duration(aws.ToInt32(from.HealthCheckIntervalSeconds)) * time.Second,
		Timeout:  time.Duration(aws.ToInt32(from.HealthCheckTimeoutSeconds)) * time.Second,
		Healthy:  int(aws.ToInt32(from.HealthyThresholdCount)), Unhealthy: int(aws.ToInt32(from.UnhealthyThresholdCount)),
	}}
	var err error
	if from.Matcher != nil && from.Matcher.HttpCode != nil {
		if g.Check.Status, err = strconv.Atoi(*from.Matcher.HttpCode); err != nil {
			return g, fmt.Errorf("the health check of %s must expect one status, got %q", aws.ToString(from.TargetGroupName), *from.Matcher.HttpCode)
		}
	}
	for _, attribute := range attributes {
		if aws.ToString(attribute.Key) == "deregistration_delay.timeout_seconds" {
			seconds, err := strconv.Atoi(aws.ToString(attribute.Value))
			if err != nil {
				return g, fmt.Errorf("the deregistration delay of %s is %q", aws.ToString(from.TargetGroupName), aws.ToString(attribute.Value))
			}
			g.Delay = time.Duration(seconds) * time.Second
		}
	}
	return g, nil
}

// doorURL is where the listener that forwards to the group is.
func doorURL(host string, listeners []elbtypes.Listener, group string) string {
	for _, l := range listeners {
		for _, action := range l.DefaultActions {
			if aws.ToString(action.TargetGroupArn) == group {
				return strings.ToLower(string(l.Protocol)) + "://" + hostPort(&host, l.Port)
			}
		}
	}
	return ""
}
