package doctor

import "time"

// Window is how far back errors are looked for.
const Window = 30 * time.Minute

// Facts are what AWS says of one environment.
type Facts struct {
	Environment string
	Prefix      string // <project>-<environment>, the first part of every name

	Services []Service
	Targets  []Target
	Stores   []Store
	Unset    []string // SSM parameters that hold no value yet
	Alarms   []Alarm  // those that ring
	Answers  Answers
	Errors   []string // the services' last lines of level ERROR within Window, the latest first
}

// Service is one ECS service.
type Service struct {
	Name             string
	Missing          bool // there is no such service
	Desired, Running int
	Revision         string   // family:revision of its task definition
	Failed           string   // why the current deployment failed; empty: it did not
	Stopped          []string // why its last tasks stopped, the latest first
	Events           []string // the service's own last messages
}

// Target is one address behind the load balancer.
type Target struct {
	Address     string
	State       string // healthy, unhealthy, initial, draining, unused
	Reason      string // AWS's code, such as Target.Timeout
	Description string
}

// Store is PostgreSQL or Redis.
type Store struct {
	Kind   string // as people call it
	Name   string
	Status string // AWS's word; empty: there is none
}

// Alarm is one CloudWatch alarm that rings.
type Alarm struct {
	Name, Reason string
}

// Answers counts the answers with a status of 500 and above within Window.
type Answers struct {
	Balancer int // the load balancer's own: no task could answer
	Services int // the gateway's
}
