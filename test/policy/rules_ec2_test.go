//go:build live

package policy

import (
	"fmt"
	"slices"
	"strings"
)

const (
	ingressRule = "aws_vpc_security_group_ingress_rule"
	egressRule  = "aws_vpc_security_group_egress_rule"
)

// EC2.18 has EC2.13, EC2.14 and EC2.19 within it: no port but the two of the web is open to everyone.
func networkRules() []rule {
	return []rule{
		{
			id: "EC2.2", title: "VPC default security groups should not allow inbound or outbound traffic",
			in: everyEnvironment(), kind: "aws_vpc", through: "aws_default_security_group", check: defaultGroupIsShut,
			mutations: []mutation{
				{"the default group lets in", func(s *stack, _ *resource) bool { return configure(s, "aws_default_security_group", "ingress") }},
				{"the default group lets out", func(s *stack, _ *resource) bool { return configure(s, "aws_default_security_group", "egress") }},
			},
		},
		{
			id: "EC2.6", title: "VPC flow logging should be enabled in all VPCs",
			in: everyEnvironment(), kind: "aws_vpc", through: "aws_flow_log",
		},
		endpointRule("EC2.55", "ECR API", "ecr.api"),
		endpointRule("EC2.56", "Docker Registry", "ecr.dkr"),
		endpointRule("EC2.57", "Systems Manager", "ssm"),
		{
			id: "EC2.15", title: "Amazon EC2 subnets should not automatically assign public IP addresses",
			in: everyEnvironment(), kind: "aws_subnet", want: []property{no("map_public_ip_on_launch")},
		},
		{
			id: "EC2.18", title: "Security groups should only allow unrestricted incoming traffic for authorized ports",
			in: everyEnvironment(), kind: ingressRule, check: opensOnly(80, 443),
			mutations: []mutation{opening("cidr_ipv4", "0.0.0.0/0", 22, 22), opening("cidr_ipv6", "::/0", 5432, 5432), opening("cidr_ipv4", "0.0.0.0/0", 80, 443)},
		},
		{
			id: "SEC05-BP02", title: "Control traffic flow within your network layers: the world is reached on port 443 alone",
			in: everyEnvironment(), kind: egressRule, check: opensOnly(443),
			mutations: []mutation{opening("cidr_ipv4", "0.0.0.0/0", 0, 65535), opening("cidr_ipv6", "::/0", 80, 80)},
		},
		{
			id: "SEC05-BP02", title: "Control traffic flow within your network layers: groups have no rules but those that the policy declares",
			in: everyEnvironment(), kind: "aws_security_group", check: hasNoInlineRules,
			mutations: []mutation{{"a rule inside the group", func(_ *stack, r *resource) bool { r.References["egress"] = nil; return true }}},
		},
	}
}

func endpointRule(id, name, service string) rule {
	return rule{
		id: id, title: "VPCs should be configured with an interface endpoint for " + name,
		in: everyEnvironment(), kind: "aws_vpc", check: func(s *stack, vpc *resource) string {
			for _, endpoint := range s.of("aws_vpc_endpoint") {
				if endpoint.refersTo(vpc) && strings.HasSuffix(endpoint.text("service_name"), "."+service) {
					return ""
				}
			}
			return "no endpoint leads to " + service
		},
	}
}

func defaultGroupIsShut(s *stack, vpc *resource) string {
	for _, group := range s.of("aws_default_security_group") {
		if what := hasNoInlineRules(s, group); what != "" && group.refersTo(vpc) {
			return "its default security group has " + what
		}
	}
	return ""
}

// hasNoInlineRules looks at the configuration: without a word about rules, Terraform takes all of a default group away.
func hasNoInlineRules(_ *stack, group *resource) string {
	for _, argument := range []string{"ingress", "egress"} {
		if _, configured := group.References[argument]; configured {
			return "rules of its own: " + argument
		}
	}
	return ""
}

func configure(s *stack, kind, argument string) bool {
	for _, r := range s.of(kind) {
		r.References[argument] = nil
	}
	return true
}

// opensOnly refuses rules for the whole world on any other port.
func opensOnly(ports ...float64) func(*stack, *resource) string {
	return func(_ *stack, r *resource) string {
		world := r.text("cidr_ipv4") == "0.0.0.0/0" || r.text("cidr_ipv6") == "::/0"
		from, _ := r.get("from_port").(float64)
		if world && (r.get("from_port") != r.get("to_port") || r.text("ip_protocol") != "tcp" || !slices.Contains(ports, from)) {
			return fmt.Sprintf("it opens ports %v to %v (%v) to the world, want one of %v", r.get("from_port"), r.get("to_port"), r.get("ip_protocol"), ports)
		}
		return ""
	}
}

func opening(argument, world string, from, to float64) mutation {
	return mutation{fmt.Sprintf("%s on ports %v to %v", world, from, to), func(_ *stack, r *resource) bool {
		set(r.Values, argument, world)
		set(r.Values, "from_port", from)
		set(r.Values, "to_port", to)
		return true
	}}
}
