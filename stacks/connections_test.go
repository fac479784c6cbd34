package stacks_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/synthtest"
)

// connectionsOf is what PostgreSQL has for ordinary users on RDS, by class: as the smallest were measured (a fifth of a GiB is RDS's own), less
// three that are reserved for superusers.
var connectionsOf = map[string]int{"db.t3.micro": 79, "db.t4g.small": 190, "db.m6g.large": 800}

// However many tasks there may be, all pools of all tasks and of their successors during a deployment have their connections.
func TestAllPoolsFitDuringADeployment(t *testing.T) {
	tf := valuesOnly(t, synthtest.Environments(t)["production"], outputsOf(map[string]string{"pool": "${local.database_connections}"}))
	for class, most := range connectionsOf {
		for _, tasks := range []int{1, 2, 3, 4, 6} {
			vars := []string{"db_instance_class=" + class, "desired_count=1", fmt.Sprint("max_count=", tasks)}
			if class == "db.t3.micro" && tasks > 3 {
				if _, err := tf.Plan(t.Context(), "plan", asArguments(vars)...); err == nil || !strings.Contains(unwrapped(err.Error()), "choose a larger db_instance_class") {
					t.Errorf("%v is not refused with the remedy: %v", vars, err)
				}
				continue
			}
			pool, err := strconv.Atoi(evaluate(t, tf, vars)["pool"])
			if err != nil || pool < contract.LeastConnections || pool > contract.MostConnections {
				t.Errorf("%v: a pool of %d, %v", vars, pool, err)
			}
			if open := 2 * tasks * (contract.DatabasePools*pool + contract.PulseConnections); open > most {
				t.Errorf("%v: pools of %d open %d connections during a deployment, and %s has %d", vars, pool, open, class, most)
			}
		}
	}
}

// The size reaches both services.
func TestTasksAreToldTheSizeOfTheirPools(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for _, service := range []string{"api_gateway", "workflow_engine"} {
			told := struct{ Name, Value string }{contract.DatabaseConnections, "${tostring(local.database_connections)}"}
			if environment := containerOf(t, stack, service).Environment; !slices.Contains(environment, told) {
				t.Errorf("%s is not told: %v", service, environment)
			}
		}
	})
}
