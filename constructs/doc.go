// Package constructs declares Agent Team's infrastructure, one file per .tf file of the HCL it equals:
// vpc.go is vpc.tf, ecs.go is ecs.tf. Every element gets the Terraform address it has there, and every
// choice that a reader of the HCL could make with a variable stays a variable that Terraform reads at
// plan time, so the synthesized JSON can adopt a state which such HCL wrote.
package constructs
