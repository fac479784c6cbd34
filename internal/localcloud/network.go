package localcloud

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	discoverytypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/agentteam/agentteam/internal/fargate"
)

// network gives tasks their addresses, and makes them known to the balancer and in DNS. It tells the AWS API too, as ECS
// does, so that the API shows what runs.
type network struct {
	cloud *Cloud

	mu    sync.Mutex
	taken map[netip.Addr]bool
	named map[netip.Addr]time.Time // since when a task is in DNS
	next  int
}

var _ fargate.Network = (*network)(nil)

// Address takes turns, so that an address rests before another task has it.
func (n *network) Address() (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	const places = lastTask - firstTask + 1
	for range places {
		address := n.cloud.block.address(firstTask + n.next)
		n.next = (n.next + 1) % places
		if !n.taken[address] {
			n.taken[address] = true
			return address, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("all %d addresses for tasks are taken", places)
}

// Release lets another task have the address.
func (n *network) Release(address netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.taken, address)
	delete(n.named, address)
}

// Register makes a task known.
func (n *network) Register(ctx context.Context, s fargate.Service, address netip.Addr) error {
	for _, group := range s.TargetGroups {
		n.cloud.balancer.Register(netip.AddrPortFrom(address, uint16(group.Port)))
		_, err := n.cloud.clients.balancers.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{
			TargetGroupArn: &group.ARN, Targets: target(address, group)})
		if err != nil {
			return err
		}
	}
	name := n.cloud.name(s)
	if name == "" {
		return nil
	}
	_, err := n.cloud.clients.discovery.RegisterInstance(ctx, &servicediscovery.RegisterInstanceInput{
		ServiceId: new(discoveryID(s.DiscoveryService)), InstanceId: new(address.String()),
		Attributes: map[string]string{"AWS_INSTANCE_IPV4": address.String()},
	})
	n.mu.Lock()
	n.named[address] = time.Now()
	n.mu.Unlock()
	return errors.Join(err, n.cloud.names.add(name, address))
}

func target(address netip.Addr, group fargate.TargetGroup) []elbtypes.TargetDescription {
	return []elbtypes.TargetDescription{{Id: new(address.String()), Port: new(int32(group.Port))}}
}

// settling is how long others may go on without a new task's name: a Go program reads the file of names at most every
// five seconds, and asks again after a while.
const settling = 7 * time.Second

// Serving asks the balancer; what is found by its name serves when others can know it.
func (n *network) Serving(s fargate.Service, address netip.Addr) bool {
	n.mu.Lock()
	since, named := n.named[address]
	n.mu.Unlock()
	if len(s.TargetGroups) == 0 && named && time.Since(since) < settling {
		return false
	}
	for _, group := range s.TargetGroups {
		if !n.cloud.balancer.Healthy(netip.AddrPortFrom(address, uint16(group.Port))) {
			return false
		}
	}
	return true
}

// Deregister takes a task out of DNS, and then of the balancer. What the AWS API thinks of it holds nothing up.
func (n *network) Deregister(ctx context.Context, s fargate.Service, address netip.Addr) error {
	var problems []error
	if name := n.cloud.name(s); name != "" {
		problems = append(problems, n.cloud.names.remove(name, address))
		_, err := n.cloud.clients.discovery.DeregisterInstance(ctx, &servicediscovery.DeregisterInstanceInput{
			ServiceId: new(discoveryID(s.DiscoveryService)), InstanceId: new(address.String())})
		if !hasLeft(err) {
			n.complain(ctx, err)
		}
	}
	for _, group := range s.TargetGroups {
		_, err := n.cloud.clients.balancers.DeregisterTargets(ctx, &elasticloadbalancingv2.DeregisterTargetsInput{
			TargetGroupArn: &group.ARN, Targets: target(address, group)})
		n.complain(ctx, err)
		n.cloud.balancer.Deregister(ctx, netip.AddrPortFrom(address, uint16(group.Port)))
	}
	return errors.Join(problems...)
}

// hasLeft says that Cloud Map knew the task no more: the tasks of a service that is deleted leave with it.
func hasLeft(err error) bool {
	_, task := errors.AsType[*discoverytypes.InstanceNotFound](err)
	_, service := errors.AsType[*discoverytypes.ServiceNotFound](err)
	return task || service
}

func (n *network) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		n.cloud.log.Warn("the AWS API still shows a task that left", "error", err)
	}
}
