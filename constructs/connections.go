package constructs

import (
	"fmt"

	"github.com/agentteam/agentteam/contract"
)

// databaseConnections is how many connections PostgreSQL has for the services: seven tenths of what its class has by the
// formula, since the formula's memory is what RDS itself leaves over, and sessions of operators need some as well. Classes are
// known by the memory that the smallest of their size has.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
const databaseConnections = X(`floor(0.7 * min(5000, ` +
	`lookup({ micro = 1, small = 2, medium = 4, large = 8, xlarge = 16 }, element(split(".", var.db_instance_class), 2), 32) * 1024 * 1024 * 1024 / 9531392))`)

// pairs are a gateway and an engine each, all there are during a deployment, when each has its successor beside it.
const pairs = "(2 * max(1, var.desired_count, var.max_count))"

// mostPool is where more connections do not make a service faster.
const mostPool = 12

// poolSize declares how many connections each pool of the services may open, so that all of them fit.
func poolSize(in Scope) {
	local(in, "database_connections", X(fmt.Sprintf("max(%d, min(%d, floor((%s / %s - %d) / %d)))",
		contract.LeastConnections, mostPool, databaseConnections, pairs, contract.PulseConnections, contract.DatabasePools)))
}

// connectionsFit refuses more tasks than the database has connections for.
func connectionsFit() rule {
	least := fmt.Sprintf("%d * %s", contract.LeastConnections*contract.DatabasePools+contract.PulseConnections, pairs)
	return rule{
		fmt.Sprintf("%s <= %s", least, databaseConnections),
		fmt.Sprintf("max_count and desired_count allow ${max(var.desired_count, var.max_count)} tasks of each service, which need ${%s} connections during a deployment; "+
			"${var.db_instance_class} has ${%s} for them: choose a larger db_instance_class, or fewer tasks.", least, databaseConnections),
	}
}
