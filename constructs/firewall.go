package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2ipset"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webacl"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webaclassociation"
)

// ifFirewall counts what exists only behind a web application firewall.
const ifFirewall = X("var.waf ? 1 : 0")

// NewFirewall declares the load balancer's web application firewall: AWS's managed rules, and a bound on each address.
func NewFirewall(in Scope, balancer *LoadBalancer) {
	// What comes through API Gateway has an address of the VPC link: it is bounded by the API's own throttling, and by address
	// it would count as one client.
	declare(in, "vpc", wafv2ipset.NewWafv2IpSet, &wafv2ipset.Wafv2IpSetConfig{
		Count: ifFirewall.Num(), Name: name("vpc"), Scope: new("REGIONAL"), IpAddressVersion: new("IPV4"), Addresses: &[]*string{X("var.vpc_cidr").Str()},
	})
	acl := declare(in, "main", wafv2webacl.NewWafv2WebAcl, &wafv2webacl.Wafv2WebAclConfig{
		Count:         ifFirewall.Num(),
		Name:          name("alb"),
		Scope:         new("REGIONAL"),
		DefaultAction: &wafv2webacl.Wafv2WebAclDefaultAction{Allow: &wafv2webacl.Wafv2WebAclDefaultActionAllow{}},
		VisibilityConfig: &wafv2webacl.Wafv2WebAclVisibilityConfig{
			CloudwatchMetricsEnabled: true, MetricName: name("alb"), SampledRequestsEnabled: true,
		},
	})
	// The bindings have a type of its own for each place in these blocks, with names of eighty letters.
	acl.AddOverride(new("rule"), []map[string]any{
		managedRules(0, "AWSManagedRulesAmazonIpReputationList"),
		managedRules(1, "AWSManagedRulesKnownBadInputsRuleSet"),
		// A workflow's document is larger than 8 KiB, and holds URLs, markup and expressions: these are counted, and let through.
		managedRules(2, "AWSManagedRulesCommonRuleSet", "SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY", "GenericLFI_BODY", "EC2MetaDataSSRF_BODY"),
		rateLimit(3),
	})
	declare(in, "main", wafv2webaclassociation.NewWafv2WebAclAssociation, &wafv2webaclassociation.Wafv2WebAclAssociationConfigA{
		Count: ifFirewall.Num(), ResourceArn: balancer.ARN, WebAclArn: X("aws_wafv2_web_acl.main[0].arn").Str(),
	})
}

// managedRules are a group of AWS's, with the rules that only count.
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
func managedRules(priority int, group string, counted ...string) map[string]any {
	statement := map[string]any{"vendor_name": "AWS", "name": group}
	overrides := make([]map[string]any, 0, len(counted))
	for _, rule := range counted {
		overrides = append(overrides, map[string]any{"name": rule, "action_to_use": map[string]any{"count": map[string]any{}}})
	}
	if len(overrides) > 0 {
		statement["rule_action_override"] = overrides
	}
	return map[string]any{
		"name": group, "priority": priority, "override_action": map[string]any{"none": map[string]any{}},
		"statement": map[string]any{"managed_rule_group_statement": statement}, "visibility_config": visibility(group),
	}
}

// rateLimit blocks an address while it asks too often.
func rateLimit(priority int) map[string]any {
	outside := map[string]any{"not_statement": map[string]any{"statement": map[string]any{
		"ip_set_reference_statement": map[string]any{"arn": "${aws_wafv2_ip_set.vpc[0].arn}"},
	}}}
	return map[string]any{
		"name": "rate-limit", "priority": priority, "action": map[string]any{"block": map[string]any{}},
		"statement": map[string]any{"rate_based_statement": map[string]any{
			"limit": "${var.waf_rate_limit}", "aggregate_key_type": "IP", "evaluation_window_sec": 300, "scope_down_statement": outside,
		}},
		"visibility_config": visibility("rate-limit"),
	}
}

func visibility(metric string) map[string]any {
	return map[string]any{"cloudwatch_metrics_enabled": true, "metric_name": metric, "sampled_requests_enabled": true}
}
