//go:build live

package commands_test

import (
	"strings"
	"testing"
)

func TestCost(t *testing.T) {
	e := startAWS(t)
	makeDemoBucket(t, e)
	f := demoFolder(t, e, `, "aws_eip": {"one": {"count": "${var.count_of_words}"}}, "aws_sqs_queue": {"one": {}}`)
	cost := func(args ...string) result {
		return run(t, f.agentteamCommand(t.Context(), append([]string{"cost", "demo"}, args...)...), "")
	}

	estimate := cost()
	estimate.want(t, 0, "public IPv4 address", "3.65", "aws_sqs_queue.one: the type aws_sqs_queue is neither priced nor known to be free")
	if strings.Contains(estimate.stdout, "will be created") {
		t.Errorf("the estimate shows the plan:\n%s", estimate.stdout)
	}
	f.write(t, "three.tfvars", "count_of_words = 3\n")
	cost("--against", "three.tfvars").want(t, 0, "10.95", "+7.30")
	cost("--against", "none.tfvars").want(t, 1, `--against must name a tfvars file, got "none.tfvars"`)
	f.write(t, "demo.tfvars", "aws_region = \"eu-west-1\"\n")
	cost().want(t, 1, "aws_region is eu-west-1, and the price table has only us-east-1")
}
