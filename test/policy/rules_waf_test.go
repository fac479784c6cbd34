//go:build live

package policy

func firewallRules() []rule {
	const acl = "aws_wafv2_web_acl"
	return []rule{
		{
			id: "WAF.10", title: "AWS WAF web ACLs should have at least one rule or rule group",
			in: survivesTheLossOf(), kind: acl, want: []property{matching("rule.0.name", ".", "")},
		},
		{
			id: "WAF.11", title: "AWS WAF web ACL logging should be enabled",
			in: survivesTheLossOf(), kind: acl, through: "aws_wafv2_web_acl_logging_configuration",
		},
		{
			id: "WAF.12", title: "AWS WAF rules should have CloudWatch metrics enabled",
			in: survivesTheLossOf(), kind: acl, want: []property{yes("rule.*.visibility_config.0.cloudwatch_metrics_enabled")},
		},
	}
}
