package stacks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

// The firewall stands before the load balancer, each rule acts, and the bound on an address spares API Gateway, all of whose
// requests come from the VPC.
func TestTheFirewallActsOnWhatComesFromOutside(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		want(t, stack, "aws_wafv2_web_acl_association.main", map[string]any{"resource_arn": "${aws_lb.main.arn}", "web_acl_arn": "${aws_wafv2_web_acl.main[0].arn}"})
		want(t, stack, "aws_wafv2_ip_set.vpc", map[string]any{"scope": "REGIONAL"})
		var groups []string
		bounded := false
		for _, rule := range rules(t, stack) {
			text := synthtest.Text(rule)
			if rule["override_action"] != nil && !strings.Contains(text, `"override_action":{"none":{}}`) {
				t.Errorf("%v only counts", rule["name"])
			}
			if strings.Contains(text, "managed_rule_group_statement") {
				name, _ := rule["name"].(string)
				groups = append(groups, name)
			}
			if strings.Contains(text, "rate_based_statement") {
				bounded = strings.Contains(text, `"action":{"block":{}}`) && strings.Contains(text, `"limit":"${var.waf_rate_limit}"`) &&
					strings.Contains(text, `"not_statement":{"statement":{"ip_set_reference_statement":{"arn":"${aws_wafv2_ip_set.vpc[0].arn}"}}}`)
			}
		}
		if !slices.Contains(groups, "AWSManagedRulesCommonRuleSet") || !slices.Contains(groups, "AWSManagedRulesKnownBadInputsRuleSet") || !bounded {
			t.Errorf("managed rules %q, bound on an address from outside: %v", groups, bounded)
		}
	})
}

// A workflow's document is often larger than the 8 KiB above which AWS's common rules refuse a body.
func TestTheFirewallLetsDocumentsThrough(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for _, rule := range rules(t, stack) {
			if rule["name"] == "AWSManagedRulesCommonRuleSet" && !strings.Contains(synthtest.Text(rule), `{"action_to_use":{"count":{}},"name":"SizeRestrictions_BODY"}`) {
				t.Error("large bodies are blocked")
			}
		}
	})
}

func TestTheAccessLogsArePrivateAndExpire(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		want(t, stack, "aws_s3_bucket_public_access_block.alb_logs", map[string]any{
			"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
		})
		policy := synthtest.Text(stack.Data("aws_iam_policy_document")["alb_logs"])
		for _, part := range []string{`"aws:SecureTransport"`, `logdelivery.elasticloadbalancing.amazonaws.com`, `/AWSLogs/${data.aws_caller_identity.current.account_id}/*`} {
			if !strings.Contains(policy, part) {
				t.Errorf("the bucket's policy lacks %s: %s", part, policy)
			}
		}
		rule := first(t, stack.Resource(t, "aws_s3_bucket_lifecycle_configuration.alb_logs")["rule"])
		if rule["status"] != "Enabled" || first(t, rule["expiration"])["days"] != "${var.log_retention_days}" {
			t.Errorf("the log stays: %v", rule)
		}
	})
}

func rules(t *testing.T, stack synthtest.Stack) (blocks []synthtest.Block) {
	t.Helper()
	found, _ := stack.Resource(t, "aws_wafv2_web_acl.main")["rule"].([]any)
	if len(found) != 4 {
		t.Fatalf("%d rules, want 4", len(found))
	}
	for _, rule := range found {
		block, _ := rule.(map[string]any)
		blocks = append(blocks, block)
	}
	return blocks
}
