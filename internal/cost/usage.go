package cost

// Usage is what nobody knows before a month is over, as the estimate assumes it: a quiet month.
const (
	natGB              = 10.0 // through each NAT gateway
	endpointGB         = 1.0  // through each interface endpoint and zone
	lcu                = 0.25 // in use on the average
	millionRequests    = 1.0
	logGB              = 5.0        // into each log group, but
	flowLogGB          = 0.5        // of rejected connections; all of them are as much as the network is busy
	dayShare           = 70.0 / 168 // of the week that tasks run if nights take them away: Monday to Friday, 6 to 20
	insightsMetrics    = 30.0       // of a cluster with two services
	imageGB            = 2.0        // in each registry
	objectGB           = 1.0        // in each bucket
	backupGBBeyondFree = 0.0        // as much as the database's own size is free
)
