//go:build live

package policy

import "slices"

func alarmRules() []rule {
	const alarm, topic = "aws_cloudwatch_metric_alarm", "aws_sns_topic"
	return []rule{
		{
			id: "CloudWatch.15", title: "CloudWatch alarms should have specified actions configured",
			in: keepsItsData(), kind: alarm, check: tellsATopic,
			mutations: []mutation{{"no actions", func(_ *stack, r *resource) bool { delete(r.References, "alarm_actions"); return true }}},
		},
		{
			id: "CloudWatch.17", title: "CloudWatch alarm actions should be activated",
			in: keepsItsData(), kind: alarm, want: []property{orUnset(yes("actions_enabled"))},
		},
		{
			id: "SNS.1", title: "SNS topics should be encrypted at-rest using AWS KMS",
			in: everyEnvironment(), kind: topic, want: []property{matching("kms_master_key_id", ".", "")},
		},
		{
			id: "SNS.4", title: "SNS topic access policies should not allow public access: the topic has SNS's own, for the account alone",
			in: everyEnvironment(), kind: topic, want: []property{absent("policy", map[string]any{"Statement": []any{}})}, check: hasNoPolicyBeside,
			mutations: []mutation{{"a policy beside it", func(s *stack, r *resource) bool {
				s.Resources = append(s.Resources, &resource{Address: "aws_sns_topic_policy.open", Kind: "aws_sns_topic_policy", References: map[string][]string{"arn": {r.Address}}})
				return true
			}}},
		},
	}
}

// tellsATopic looks at the configuration: a topic's ARN is known when it is there.
func tellsATopic(s *stack, alarm *resource) string {
	for _, topic := range s.of("aws_sns_topic") {
		if slices.Contains(alarm.References["alarm_actions"], topic.Address) {
			return ""
		}
	}
	return "its alarm_actions name no topic"
}

func hasNoPolicyBeside(s *stack, topic *resource) string {
	for _, policy := range s.of("aws_sns_topic_policy") {
		if policy.refersTo(topic) {
			return policy.Address + " is its policy"
		}
	}
	return ""
}
