package lifecycle

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
)

// kept are the types of which an upgrade may replace or remove none, and why.
func kept() map[string]string {
	return map[string]string{
		"aws_db_instance":                   "it holds the data",
		"aws_elasticache_replication_group": "limits and streams suffer while it is away",
		"aws_lb":                            "names of DNS point to it",
		"aws_apigatewayv2_api":              "its URL is known to clients",
		"aws_eip":                           "others allow the addresses that requests come from",
		"aws_ecs_service":                   "the API is away until the new one runs",
		"aws_s3_bucket":                     "it holds states or logs",
		"aws_ecr_repository":                "it holds the images",
		"aws_ssm_parameter":                 "it holds a secret, or the key to all that is sealed",
	}
}

// lost are the resources that a plan takes away although they are to be kept, with the reason why they are.
func lost(plan *tfjson.Plan) (losses []string) {
	for _, resource := range plan.ResourceChanges {
		why, isKept := kept()[resource.Type]
		if isKept && slices.Contains(resource.Change.Actions, tfjson.ActionDelete) {
			losses = append(losses, resource.Address+": "+why)
		}
	}
	return losses
}

func TestLosses(t *testing.T) {
	change := func(address, kind string, actions ...tfjson.Action) *tfjson.ResourceChange {
		return &tfjson.ResourceChange{Address: address, Type: kind, Change: &tfjson.Change{Actions: actions}}
	}
	plan := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		change("aws_db_instance.main", "aws_db_instance", tfjson.ActionDelete, tfjson.ActionCreate),
		change("aws_lb.main", "aws_lb", tfjson.ActionCreate, tfjson.ActionDelete),
		change("aws_eip.nat[1]", "aws_eip", tfjson.ActionDelete),
		change("aws_apigatewayv2_api.main", "aws_apigatewayv2_api", tfjson.ActionUpdate),
		change("aws_elasticache_replication_group.main", "aws_elasticache_replication_group", tfjson.ActionNoop),
		change("aws_ecs_task_definition.api_gateway", "aws_ecs_task_definition", tfjson.ActionDelete, tfjson.ActionCreate),
	}}
	want := []string{"aws_db_instance.main: it holds the data", "aws_lb.main: names of DNS point to it",
		"aws_eip.nat[1]: others allow the addresses that requests come from"}
	if diff := cmp.Diff(want, lost(plan)); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}
