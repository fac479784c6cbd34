package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"
)

// NewMonitoring declares what an operator looks at and is woken by. Nothing here changes how a service runs, but for the
// alarms that a deployment is rolled back by.
//
//	log lines ── metric filters ──┐
//	metrics of AWS's services ────┴── alarms ── topic ── e-mail
//	                              └── dashboard
func NewMonitoring(in Scope) {
	local(in, "alarm_level", "{ none = 0, few = 1, all = 2 }[var.alarms]")
	local(in, "log_metrics", `var.dashboard || var.alarms != "none"`)
	metricFilters(in)
	topic := declare(in, "alarms", snstopic.NewSnsTopic, &snstopic.SnsTopicConfig{Name: name("alarms")}).Arn()
	declare(in, "alarms_email", snstopicsubscription.NewSnsTopicSubscription, &snstopicsubscription.SnsTopicSubscriptionConfig{
		Count:    X(`var.alarm_email != "" ? 1 : 0`).Num(),
		TopicArn: topic,
		Protocol: new("email"),
		Endpoint: X("var.alarm_email").Str(),
	})
	for _, a := range alarms() {
		a.declare(in, topic)
	}
	dashboard(in)
}
