package contract

// How many connections to PostgreSQL each pool of a service may open. The infrastructure sets the number between these
// bounds, by what the database's instance class takes and by how many tasks there may be.
const (
	// LeastConnections lets a process work: one waits for notifications, one holds a transaction, one is for the rest.
	LeastConnections = 3
	MostConnections  = 100
	// DatabasePools are the pools of one gateway and one engine: an engine has one for what is asked and one for what is done.
	DatabasePools = 3
	// PulseConnections are what an engine has beside its pools, for nothing but the heartbeat and looking after the others: where tasks
	// wait for each other's locks they may take every other connection, and a process that works must not fall silent for that.
	PulseConnections = 2
)
