package constructs

import (
	"strconv"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupegressrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupingressrule"

	"github.com/agentteam/agentteam/contract"
)

// SecurityGroups are the members of the network policy.
type SecurityGroups struct {
	ALB, VPCLink, ECSTasks, Endpoints, RDS, ElastiCache *SecurityGroup
}

// SecurityGroup is one member. A rule resource names it by its Terraform name.
type SecurityGroup struct {
	ID   *string
	name string
}

// conversation is one line of the network policy: who opens connections to whom, on which TCP port, and why.
// A nil end is the outside world.
type conversation struct {
	from, to *SecurityGroup
	port     X
	why      string
	when     X // false closes the line; empty: it is always open
}

// NewSecurityGroups declares the groups and the network policy. What no line allows cannot happen: no
// group has an open egress, and DNS needs no rule (security groups do not filter Amazon's resolver:
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html).
func NewSecurityGroups(in Scope, vpc *VPC) *SecurityGroups {
	groups := &SecurityGroups{
		ALB:         securityGroup(in, vpc, "alb", "Load balancer: reached from the internet and from API Gateway"),
		VPCLink:     securityGroup(in, vpc, "vpc_link", "Way of API Gateway into the VPC: reaches the load balancer"),
		ECSTasks:    securityGroup(in, vpc, "ecs_tasks", "Tasks of both services"),
		Endpoints:   securityGroup(in, vpc, "endpoints", "Interface endpoints: private ways to AWS APIs"),
		RDS:         securityGroup(in, vpc, "rds", "PostgreSQL: reached from the tasks"),
		ElastiCache: securityGroup(in, vpc, "elasticache", "Redis: reached from the tasks"),
	}
	for _, c := range groups.policy() {
		c.declare(in)
	}
	imagesFromS3(in, groups.ECSTasks)
	return groups
}

// policy is the whole network policy.
func (g *SecurityGroups) policy() []conversation {
	gateway, engine := port(contract.APIGateway().Port), port(contract.WorkflowEngine().Port)
	return []conversation{
		{nil, g.ALB, port(contract.HTTPPort), "clients; redirected to HTTPS when there is a certificate", ""},
		{nil, g.ALB, port(contract.HTTPSPort), "clients", ""},
		{g.VPCLink, g.ALB, "local.listener_port", "the integration of API Gateway", ""},
		{g.ALB, g.ECSTasks, gateway, "requests and health checks", ""},
		{g.ECSTasks, g.ECSTasks, engine, "the gateway calls the engine", ""},
		{g.ECSTasks, g.Endpoints, port(contract.HTTPSPort), "AWS APIs that have an endpoint in the VPC", ""},
		{g.ECSTasks, g.RDS, port(contract.PostgresPort), "PostgreSQL", ""},
		{g.ECSTasks, g.ElastiCache, port(contract.RedisPort), "Redis", ""},
		{g.ECSTasks, nil, port(contract.HTTPSPort), "model providers, AWS APIs and tools that agents call", `var.nat_mode != "none"`},
	}
}

// securityGroup declares a closed group. The prefix and the order of replacement let a group be
// replaced while its members keep running.
func securityGroup(in Scope, vpc *VPC, name, description string) *SecurityGroup {
	group := declare(in, name, securitygroup.NewSecurityGroup, &securitygroup.SecurityGroupConfig{
		NamePrefix:  text("${local.prefix}-%s-", hyphenated(name)),
		Description: &description,
		VpcId:       vpc.ID,
		Tags:        nameTag(hyphenated(name)),
		Lifecycle:   newFirst(),
	})
	return &SecurityGroup{ID: group.Id(), name: name}
}

func port(number int) X { return X(strconv.Itoa(number)) }

// declare writes both halves of the conversation, each where its end is ours.
func (c conversation) declare(in Scope) {
	if c.from != nil {
		c.egress(in)
	}
	if c.to != nil {
		c.ingress(in)
	}
}

func (c conversation) egress(in Scope) {
	config := &vpcsecuritygroupegressrule.VpcSecurityGroupEgressRuleConfig{
		SecurityGroupId: c.from.ID, IpProtocol: new("tcp"), FromPort: c.port.Num(), ToPort: c.port.Num(), Description: &c.why,
	}
	if c.when != "" {
		config.Count = X(string(c.when) + " ? 1 : 0").Num()
	}
	if c.to == nil {
		config.CidrIpv4 = new(anywhere)
	} else {
		config.ReferencedSecurityGroupId = c.to.ID
	}
	declare(in, c.ruleName(), vpcsecuritygroupegressrule.NewVpcSecurityGroupEgressRule, config)
}

// imagesFromS3 opens the way to the S3 endpoint, where ECR keeps the layers of images: also without NAT.
func imagesFromS3(in Scope, tasks *SecurityGroup) {
	declare(in, tasks.name+"_to_s3", vpcsecuritygroupegressrule.NewVpcSecurityGroupEgressRule, &vpcsecuritygroupegressrule.VpcSecurityGroupEgressRuleConfig{
		SecurityGroupId: tasks.ID, IpProtocol: new("tcp"), FromPort: new(443.0), ToPort: new(443.0),
		Description: new("layers of images, through the S3 endpoint"), PrefixListId: X("aws_vpc_endpoint.s3.prefix_list_id").Str(),
	})
}

func (c conversation) ingress(in Scope) {
	config := &vpcsecuritygroupingressrule.VpcSecurityGroupIngressRuleConfig{
		SecurityGroupId: c.to.ID, IpProtocol: new("tcp"), FromPort: c.port.Num(), ToPort: c.port.Num(), Description: &c.why,
	}
	if c.from != nil {
		config.ReferencedSecurityGroupId = c.from.ID
		declare(in, c.ruleName(), vpcsecuritygroupingressrule.NewVpcSecurityGroupIngressRule, config)
		return
	}
	config.CidrIpv4 = X("each.value").Str()
	declare(in, c.ruleName(), vpcsecuritygroupingressrule.NewVpcSecurityGroupIngressRule, config).
		AddOverride(new("for_each"), "${toset(var.alb_ingress_cidrs)}")
}

// ruleName is the name of both halves, such as alb_to_ecs_tasks; the world's lines carry their port.
func (c conversation) ruleName() string {
	switch {
	case c.from == nil:
		return "internet_to_" + c.to.name + "_" + string(c.port)
	case c.to == nil:
		return c.from.name + "_to_internet_" + string(c.port)
	default:
		return c.from.name + "_to_" + c.to.name
	}
}
