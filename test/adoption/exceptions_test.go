//go:build live

package adoption

import (
	"path"
	"regexp"
	"slices"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// loss is what a plan does to something that exists, beyond changing it in place.
type loss string

const (
	none           loss = "kept"
	deleted        loss = "deleted"
	forgotten      loss = "forgotten, and stays in AWS"
	replacedBefore loss = "replaced, the new one made before the old one goes"
	replacedAfter  loss = "replaced, the new one made after the old one has gone"
)

// exception is a loss that adoption costs, and why.
type exception struct {
	addresses string // a path.Match pattern; indexes do not count
	loss      loss
	reason    string
}

func productionExceptions() []exception {
	const gateway = "AWS lets nothing go that API Gateway still uses, so the new one comes first: "
	return []exception{
		{"aws_elasticache_cluster.main", deleted, "the cache becomes a replication group, with TLS and failover; it is never the only copy of anything"},
		{"aws_security_group.*", replacedBefore, "inline rules become rule resources, which cannot take over a rule that exists (InvalidPermission.Duplicate)"},
		{"aws_apigatewayv2_vpc_link.main", replacedBefore, gateway + "the link gets a security group of its own, and a link's groups are fixed"},
		{"aws_apigatewayv2_stage.main", replacedBefore, gateway + "the stage becomes $default, since a named one puts its name in front of every path"},
		{"aws_ecs_task_definition.*", replacedAfter, "a revision of a task definition is fixed: every change is a new one, and ECS keeps what runs"},
		{"aws_iam_role.ecs_task", deleted, "each service gets a task role of its own"},
		{"aws_iam_role_policy.ecs_task_exec", deleted, "it was the shared task role's"},
		{"aws_iam_role_policy.ecs_execution_ssm", deleted, "one policy with exactly what starting a task takes stands for it"},
		{"aws_iam_role_policy_attachment.ecs_execution", deleted, "the same policy stands for AWS's own, which covers every repository and log group"},
		{"aws_ecr_repository.*", forgotten, "the registries move to the account stack, which imports them"},
		{"aws_ecr_lifecycle_policy.*", forgotten, "they move with the registries, where the account stack sets them anew"},
	}
}

// checkLosses fails for every loss without an exception, and for every exception without a loss: the list
// stays as short as it can be.
func checkLosses(t *testing.T, plan *tfjson.Plan, exceptions []exception) {
	t.Helper()
	used := make([]bool, len(exceptions))
	for _, resource := range plan.ResourceChanges {
		got := lossOf(resource.Change.Actions)
		if got == none {
			continue
		}
		n := slices.IndexFunc(exceptions, func(e exception) bool { return e.covers(resource.Address) })
		if n < 0 {
			t.Errorf("%s would be %s: keep it, or give the reason in an exception", resource.Address, got)
			continue
		}
		used[n] = true
		if want := exceptions[n].loss; got != want {
			t.Errorf("%s would be %s; it should be %s: %s", resource.Address, got, want, exceptions[n].reason)
		}
	}
	for n, e := range exceptions {
		if !used[n] {
			t.Errorf("nothing at %s is %s any more: remove the exception", e.addresses, e.loss)
		}
	}
}

func (e exception) covers(address string) bool {
	matches, err := path.Match(e.addresses, withoutIndex(address))
	return err == nil && matches
}

func withoutIndex(address string) string {
	return regexp.MustCompile(`\[.*\]$`).ReplaceAllString(address, "")
}

func lossOf(actions tfjson.Actions) loss {
	switch {
	case actions.CreateBeforeDestroy():
		return replacedBefore
	case actions.DestroyBeforeCreate():
		return replacedAfter
	case actions.Delete():
		return deleted
	case actions.Forget():
		return forgotten
	default:
		return none
	}
}
