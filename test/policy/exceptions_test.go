//go:build live

package policy

import (
	"path"
	"slices"
)

// exception is a control that does not hold somewhere, and why. One that nothing needs any more fails the test.
type exception struct {
	rule      string
	in        []string
	addresses string // a path.Match pattern; indexes do not count
	reason    string
}

func exceptions() []exception {
	small := []string{development, staging}
	const (
		plainHTTP = "without a certificate there is no HTTPS: domain_name and certificate_arn turn it on, and production has them"
		off       = "off by default outside production, for its price: turned on by "
		viaNAT    = "it is reached through NAT; interface_endpoints makes it private, for 7.30 USD a month and zone"
		logBucket = "aws_s3_bucket.alb_logs"
		boundary  = "a boundary allows nothing by itself: it is the most that the deploy role's policies can give"
	)
	return []exception{
		{"APIGateway.8", everyEnvironment(), "*", "the services authenticate each request by its token or API key: some operations need neither"},
		{"APIGateway.10", small, "*", plainHTTP},
		{"CloudWatch.16", everyEnvironment(), "*", "AWS's bound is a year; log_retention_days keeps 7 to 30 days, and the runs' own log is in the database"},
		{"EC2.6", small, "aws_vpc.main", off + "flow_logs"},
		{"EC2.55", everyEnvironment(), "aws_vpc.main", viaNAT},
		{"EC2.56", everyEnvironment(), "aws_vpc.main", viaNAT},
		{"EC2.57", everyEnvironment(), "aws_vpc.main", viaNAT},
		{"ELB.1", small, "aws_lb_listener.main", plainHTTP},
		{"ELB.5", small, "aws_lb.main", off + "alb_access_logs"},
		{"ELB.16", small, "aws_lb.main", off + "waf"},
		{"ELB.18", small, "aws_lb.main", plainHTTP},
		{"ElastiCache.1", everyEnvironment(), "*", "Redis is never the only copy of anything"},
		{"IAM.21", []string{account}, "data.aws_iam_policy_document.deploy_boundary", boundary},
		{"RDS.6", everyEnvironment(), "*", "Performance Insights shows what the services do to it; operating-system metrics cost log volume"},
		{"RDS.10", everyEnvironment(), "*", "the services use a generated password that rotates; IAM tokens would have to be renewed in each connection pool"},
		{"RDS.23", everyEnvironment(), "*", "a port is no secret; who reaches it is the network policy's to say"},
		{"S3.9", []string{account}, "aws_s3_bucket.terraform_state", "who read a state is in CloudTrail's data events, where an account has them"},
		{"S3.9", []string{production}, logBucket, "it is a log itself, which the load balancer alone writes"},
		{"S3.13", []string{account}, "aws_s3_bucket.terraform_state", "states are small, and an old one may be the one that is missed (ADR 11)"},
		{"S3.14", []string{production}, logBucket, "objects of a log are written once, and expire"},
		{"SEC03-BP02", []string{account}, "data.aws_iam_policy_document.deploy_boundary", boundary},
		{"SEC03-BP02", []string{account}, "aws_iam_role_policy_attachment.deploy_services", "PowerUserAccess gives no more than the role's boundary, which names the services that the stacks are made of"},
		{"SEC08-BP02", []string{production}, logBucket, "S3 encrypts what nobody says how, and load balancers write with that key alone"},
		{"SNS.1", everyEnvironment(), "aws_sns_topic.alarms", "alarms say which metric is above which threshold; with AWS's own key CloudWatch could not send them, and a key of one's own costs"},
		{"WAF.11", []string{production}, "aws_wafv2_web_acl.main", "the load balancer logs every request, and the web ACL keeps samples of what it blocks"},
	}
}

func (e exception) covers(stack string, f finding) bool {
	matches, err := path.Match(e.addresses, withoutIndex(f.address))
	return err == nil && matches && e.rule == f.rule && slices.Contains(e.in, stack)
}
