//go:build live

package policy

import (
	"fmt"
	"strings"
)

func balancerRules() []rule {
	const balancer, listener = "aws_lb", "aws_lb_listener"
	return []rule{
		{
			id: "ELB.1", title: "Application Load Balancer should be configured to redirect all HTTP requests to HTTPS",
			in: everyEnvironment(), kind: listener, check: redirects,
			mutations: []mutation{{"port 80 forwards", func(_ *stack, r *resource) bool {
				set(r.Values, "default_action.0.type", "forward")
				return r.text("protocol") == "HTTP"
			}}, {"port 80 redirects to itself", func(_ *stack, r *resource) bool {
				set(r.Values, "default_action.0.redirect.0.protocol", "HTTP")
				return r.text("protocol") == "HTTP"
			}}},
		},
		{
			id: "ELB.4", title: "Application Load Balancer should be configured to drop invalid http headers",
			in: everyEnvironment(), kind: balancer, want: []property{yes("drop_invalid_header_fields")},
		},
		{
			id: "ELB.5", title: "Application and Classic Load Balancers logging should be enabled",
			in: everyEnvironment(), kind: balancer, want: []property{yes("access_logs.0.enabled")},
		},
		{
			id: "ELB.6", title: "Application, Gateway, and Network Load Balancers should have deletion protection enabled",
			in: survivesTheLossOf(), kind: balancer, want: []property{yes("enable_deletion_protection")},
		},
		{
			id: "ELB.12", title: "Application Load Balancer should be configured with defensive or strictest desync mitigation mode",
			in: everyEnvironment(), kind: balancer, want: []property{matching("desync_mitigation_mode", "^(defensive|strictest)$", "monitor")},
		},
		{
			id: "ELB.13", title: "Application, Network and Gateway Load Balancers should span multiple Availability Zones",
			in: everyEnvironment(), kind: balancer, check: spansZones,
			mutations: []mutation{{"all subnets in one zone", func(s *stack, _ *resource) bool {
				for _, subnet := range s.of("aws_subnet") {
					set(subnet.Values, "availability_zone", "us-east-1a")
				}
				return true
			}}},
		},
		{
			id: "ELB.16", title: "Application Load Balancers should be associated with an AWS WAF web ACL",
			in: everyEnvironment(), kind: balancer, through: "aws_wafv2_web_acl_association",
		},
		{
			id: "ELB.17", title: "Application and Network Load Balancers with listeners should use recommended security policies",
			in: survivesTheLossOf(), kind: listener, check: recommendedPolicy,
			mutations: []mutation{{"a policy with TLS 1.0", func(_ *stack, r *resource) bool {
				set(r.Values, "ssl_policy", "ELBSecurityPolicy-2016-08")
				return r.text("protocol") == "HTTPS"
			}}},
		},
		{
			id: "ELB.18", title: "Application and Network Load Balancer listeners should use secure protocols to encrypt data in transit",
			in: everyEnvironment(), kind: balancer, check: speaksHTTPS,
			mutations: []mutation{{"without its HTTPS listener", func(s *stack, _ *resource) bool {
				for _, r := range s.of(listener) {
					if r.text("protocol") == "HTTPS" {
						s.remove(r)
					}
				}
				return true
			}}},
		},
	}
}

func redirects(_ *stack, r *resource) string {
	redirected := r.text("default_action.0.type") == "redirect" && r.text("default_action.0.redirect.0.protocol") == "HTTPS"
	if r.text("protocol") == "HTTP" && !redirected {
		return fmt.Sprintf("its action on HTTP is %v, want a redirect to HTTPS", r.get("default_action.0.type"))
	}
	return ""
}

func recommendedPolicy(_ *stack, r *resource) string {
	if r.text("protocol") == "HTTPS" && !strings.HasPrefix(r.text("ssl_policy"), "ELBSecurityPolicy-TLS13-1-2-") {
		return fmt.Sprintf("ssl_policy is %v, want TLS 1.3 and 1.2 alone", r.get("ssl_policy"))
	}
	return ""
}

func speaksHTTPS(s *stack, balancer *resource) string {
	for _, listener := range s.of("aws_lb_listener") {
		if listener.refersTo(balancer) && listener.text("protocol") == "HTTPS" {
			return ""
		}
	}
	return "none of its listeners speaks HTTPS"
}

func spansZones(s *stack, balancer *resource) string {
	zones := map[string]bool{}
	for _, subnet := range s.of("aws_subnet") {
		if balancer.refersTo(subnet) {
			zones[subnet.text("availability_zone")] = true
		}
	}
	if len(zones) < 2 {
		return fmt.Sprintf("its subnets are in %d zones, want 2 or more", len(zones))
	}
	return ""
}
