package cost

import (
	"encoding/json"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// strategy is one part of a service's capacity.
type strategy struct {
	Provider string  `json:"capacity_provider"`
	Base     float64 `json:"base"`
	Weight   float64 `json:"weight"`
}

// service bills its tasks: the base on demand, the rest by the weights.
func service(b *bill, r *tfjson.StateResource) {
	definitions := b.plan.named(r, "task_definition")
	if len(definitions) != 1 {
		b.unpricedf(r, "its plan names %d task definitions, want 1", len(definitions))
		return
	}
	onDemand, spot := split(number(r, "desired_count"), strategies(r))
	tasks(b, r, definitions[0], onDemand, "")
	tasks(b, r, definitions[0], spot, estimated)
}

func tasks(b *bill, r, definition *tfjson.StateResource, count float64, note string) {
	if count == 0 {
		return
	}
	where, hours := "", Hours
	if note == estimated {
		where = " on Spot"
	}
	if b.plan.hasNights(r) {
		where, hours = where+" by day", Hours*dayShare
	}
	architecture := architectureOf(definition)
	b.add(r, "vCPU of tasks"+where, "fargate."+architecture, count*hours*number(definition, "cpu")/1024, note)
	b.add(r, "memory of tasks"+where, "memory."+architecture, count*hours*number(definition, "memory")/1024, note)
}

// hasNights says whether a schedule takes all tasks of a service away.
func (p plan) hasNights(service *tfjson.StateResource) bool {
	for _, action := range p.of("aws_appautoscaling_scheduled_action") {
		for _, target := range p.named(action, "resource_id") {
			if slices.Contains(p.named(target, "resource_id"), service) && takesAll(action) {
				return true
			}
		}
	}
	return false
}

func takesAll(action *tfjson.StateResource) bool {
	bounds, _ := action.AttributeValues["scalable_target_action"].([]any)
	return slices.ContainsFunc(bounds, func(each any) bool {
		bound, _ := each.(map[string]any)
		return bound["max_capacity"] == "0"
	})
}

func architectureOf(definition *tfjson.StateResource) string {
	platforms, _ := definition.AttributeValues["runtime_platform"].([]any)
	for _, each := range platforms {
		platform, _ := each.(map[string]any)
		if architecture, ok := platform["cpu_architecture"].(string); ok {
			return architecture
		}
	}
	return "X86_64" // Fargate's default
}

func strategies(r *tfjson.StateResource) (found []strategy) {
	data, err := json.Marshal(r.AttributeValues["capacity_provider_strategy"])
	if err != nil || json.Unmarshal(data, &found) != nil {
		return nil
	}
	return found
}

// split shares tasks out as ECS does on the average.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-capacity-providers.html
func split(count float64, strategies []strategy) (onDemand, spot float64) {
	var base, weights, spotWeight float64
	for _, s := range strategies {
		weights += s.Weight
		if s.Provider == "FARGATE_SPOT" {
			spotWeight += s.Weight
		} else {
			base += s.Base
		}
	}
	if weights == 0 {
		return count, 0
	}
	spot = max(0, count-base) * spotWeight / weights
	return count - spot, spot
}
