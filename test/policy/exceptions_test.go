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
	withoutDomain := []string{development, staging}
	const (
		plainHTTP = "without a certificate there is no HTTPS: domain_name and certificate_arn turn it on, and production has them"
		notYet    = "not declared yet"
	)
	return []exception{
		{"APIGateway.8", everyEnvironment(), "*", "the services authenticate each request by its token or API key: some operations need neither"},
		{"APIGateway.10", withoutDomain, "*", plainHTTP},
		{"CloudWatch.16", everyEnvironment(), "*", "AWS's bound is a year; log_retention_days keeps 7 to 30 days, and the runs' own log is in the database"},
		{"EC2.6", everyEnvironment(), "aws_vpc.main", notYet + ": flow logs"},
		{"ELB.1", withoutDomain, "aws_lb_listener.main", plainHTTP},
		{"ELB.5", everyEnvironment(), "aws_lb.main", notYet + ": access logs"},
		{"ELB.16", everyEnvironment(), "aws_lb.main", notYet + ": a web ACL"},
		{"ELB.18", withoutDomain, "aws_lb.main", plainHTTP},
		{"ElastiCache.1", everyEnvironment(), "*", "Redis is never the only copy of anything"},
		{"RDS.6", everyEnvironment(), "*", "Performance Insights shows what the services do to it; operating-system metrics cost log volume"},
		{"RDS.10", everyEnvironment(), "*", "the services use a generated password that rotates; IAM tokens would have to be renewed in each connection pool"},
		{"RDS.23", everyEnvironment(), "*", "a port is no secret; who reaches it is the network policy's to say"},
		{"S3.9", []string{account}, "aws_s3_bucket.terraform_state", "who read a state is in CloudTrail's data events, where an account has them"},
		{"S3.13", []string{account}, "aws_s3_bucket.terraform_state", "states are small, and an old one may be the one that is missed (ADR 11)"},
		{"SEC03-BP02", []string{account}, "aws_iam_role_policy_attachment.deploy_services", "whoever may deploy everything may do nearly everything; the guide says so before it makes the role"},
	}
}

func (e exception) covers(stack string, f finding) bool {
	matches, err := path.Match(e.addresses, withoutIndex(f.address))
	return err == nil && matches && e.rule == f.rule && slices.Contains(e.in, stack)
}
