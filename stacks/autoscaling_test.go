package stacks_test

import (
	"slices"
	"testing"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/synthtest"
)

// Target tracking adds tasks while its metric is above the target. So each metric has to be of one task, and fall as tasks are
// added: one that grew with them would add tasks for ever.
func TestEveryPolicyFollowsALoadThatMoreTasksShare(t *testing.T) {
	shared := []string{"ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"}
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		policies := stack.Resources("aws_appautoscaling_policy")
		if len(policies) != 6 {
			t.Errorf("%d policies, want three of each service", len(policies))
		}
		for name, policy := range policies {
			tracking, _ := policy["target_tracking_scaling_policy_configuration"].(map[string]any)
			if own, _ := tracking["customized_metric_specification"].(map[string]any); own != nil {
				if own["metric_name"] != contract.TasksPerEngine || own["statistic"] != "Average" || own["namespace"] != "${local.prefix}" {
					t.Errorf("%s follows %v", name, own)
				}
			} else if metric, _ := tracking["predefined_metric_specification"].(map[string]any); !slices.Contains(shared, text(metric["predefined_metric_type"])) {
				t.Errorf("%s follows %v", name, metric)
			}
			if policy["policy_type"] != "TargetTrackingScaling" || tracking["disable_scale_in"] == true {
				t.Errorf("%s goes in one direction alone: %v", name, policy)
			}
			if out, in := number(tracking["scale_out_cooldown"]), number(tracking["scale_in_cooldown"]); out <= 0 || in < 2*out {
				t.Errorf("%s adds tasks every %v s and takes them away every %v s: adding must be the quicker", name, out, in)
			}
			if policy["count"] != "${local.most_tasks > var.desired_count ? 1 : 0}" {
				t.Errorf("%s is there where nothing can scale: %v", name, policy["count"])
			}
		}
	})
}

// What autoscaling decided, an apply leaves alone; what an operator decided are the bounds.
func TestAutoscalingOwnsTheNumberOfTasks(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for _, service := range []string{"api_gateway", "workflow_engine"} {
			lifecycle, _ := stack.Resource(t, "aws_ecs_service."+service)["lifecycle"].(map[string]any)
			if ignored, _ := lifecycle["ignore_changes"].([]any); !slices.Contains(ignored, any("desired_count")) {
				t.Errorf("an apply sets the number of tasks of %s: %v", service, lifecycle)
			}
			want(t, stack, "aws_appautoscaling_target."+service, map[string]any{
				"min_capacity": "${var.desired_count}", "max_capacity": "${local.most_tasks}", "scalable_dimension": "ecs:service:DesiredCount",
				"resource_id": "service/${aws_ecs_cluster.main.name}/${aws_ecs_service." + service + ".name}",
			})
		}
	})
}

// A night takes all tasks away, and its morning brings back what the variables say.
func TestNightsEnd(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for _, service := range []string{"api_gateway", "workflow_engine"} {
			for when, bounds := range map[string][3]string{
				"night": {"${var.night_begins}", "${0}", "${0}"}, "morning": {"${var.night_ends}", "${var.desired_count}", "${local.most_tasks}"},
			} {
				action := stack.Resource(t, "aws_appautoscaling_scheduled_action."+service+"_"+when)
				target, _ := action["scalable_target_action"].(map[string]any)
				if got := [3]string{text(action["schedule"]), text(target["min_capacity"]), text(target["max_capacity"])}; got != bounds {
					t.Errorf("%s of %s is %v, want %v", when, service, got, bounds)
				}
				if action["count"] != `${var.night_begins != "" ? 1 : 0}` || action["timezone"] != "${var.night_timezone}" {
					t.Errorf("%s of %s: count %v, time zone %v", when, service, action["count"], action["timezone"])
				}
			}
		}
	})
}

func number(value any) float64 {
	n, _ := value.(float64)
	return n
}
