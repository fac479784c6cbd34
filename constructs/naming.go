package constructs

import (
	"fmt"
	"strings"
)

// The longest project and environment names that the variables accept, in characters. Together they
// bound every resource name, so most names need no shortening at all.
const (
	ProjectNameLimit     = 24
	EnvironmentNameLimit = 16
)

// Name limits of the AWS services that are shorter than our longest name, in characters.
const (
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
	loadBalancerNameLimit = 32
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
	targetGroupNameLimit = 32
	// https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
	replicationGroupIDLimit = 40
	// CloudWatch's alarms, Application Auto Scaling's policies and, with twice as much, metric filters.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
	operationsNameLimit = 255
	// No other service in use has a limit below the longest name; IAM's 64 is the tightest.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	defaultNameLimit = 64
)

const (
	longestPrefix = ProjectNameLimit + len("-") + EnvironmentNameLimit
	hashLength    = 6 // hex digits, 16 million values: enough to tell one account's environments apart
)

// name is "<project>-<environment>-<suffix>".
func name(suffix string) *string { return nameWithin(suffix, defaultNameLimit) }

// nameWithin is name for a service that accepts only limit characters: a longer prefix is cut and ends
// in a hash of the whole, so different environments keep different names. The suffix is never cut.
func nameWithin(suffix string, limit int) *string {
	room := limit - len("-") - len(suffix)
	if room >= longestPrefix {
		return text("${local.prefix}-%s", suffix)
	}
	return text("${%s}-%s", shortened("local.prefix", room), suffix)
}

// shortened cuts a string expression to room characters. No hyphen is left before the hash's own,
// since ElastiCache refuses two in a row.
func shortened(expression string, room int) X {
	head := fmt.Sprintf(`trimsuffix(substr(%s, 0, %d), "-")`, expression, room-hashLength-len("-"))
	hash := fmt.Sprintf(`substr(sha256(%s), 0, %d)`, expression, hashLength)
	return X(fmt.Sprintf(`length(%s) <= %d ? %s : join("-", [%s, %s])`, expression, room, expression, head, hash))
}

// hyphenated is a Terraform name as it stands in AWS names.
func hyphenated(terraformName string) string { return strings.ReplaceAll(terraformName, "_", "-") }
