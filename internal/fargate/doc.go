// Package fargate runs what is deployed to ECS on this machine: it reads services, task definitions and secrets back
// from the AWS API, as the agent of AWS Fargate would, and keeps the desired number of tasks of each service running.
// Standalone tasks it runs to their end, with their log in CloudWatch.
// It knows nothing of the constructs that declared them.
//
//	ECS, SSM ── Reader ──> Service, Definition ── environment, Translation ──> Task (a sandboxed process)
//	                            └── plan: which tasks to start and stop ──> Controller, a loop
package fargate
