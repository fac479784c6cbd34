package constructs

import (
	"strings"
	"testing"
)

// Terraform computes the names in stacks/names_test.go; here is when it has to.
func TestOnlyNamesThatCanBeTooLongAreShortened(t *testing.T) {
	if got := *name("ecs-execution"); got != "${local.prefix}-ecs-execution" {
		t.Errorf("a name within every limit is %s", got)
	}
	if got := *nameWithin("alb", loadBalancerNameLimit); !strings.Contains(got, "sha256(local.prefix)") || !strings.HasSuffix(got, "}-alb") {
		t.Errorf("a name that can be too long is %s", got)
	}
	// One character less room than the longest prefix needs.
	if limit := longestPrefix + len("-x"); *nameWithin("x", limit) != "${local.prefix}-x" || *nameWithin("x", limit-1) == "${local.prefix}-x" {
		t.Errorf("the bound is not at %d characters", limit)
	}
}
