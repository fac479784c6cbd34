// Package localcloud is what AWS runs and an emulated API only remembers, on this machine: the tasks of a deployed
// environment, and what they stand on. Everything is read back from the AWS API, and what is different here stands in one
// table, the Translation.
//
//	emulated AWS API ── what is deployed ──> fargate.Agent ── tasks (sandboxed, each with a loopback address)
//	                                     └─> PostgreSQL, Redis, load balancer, names ──┘
//	beside it: an image registry, simulated models, a server for the examples to call
package localcloud
