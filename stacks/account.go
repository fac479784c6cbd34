package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/constructs"
)

// AccountName is the stack that exists once per AWS account, before any environment.
const AccountName = "account"

// AccountConfig is what the account stack is told.
type AccountConfig struct {
	State State
	// LocalState keeps this stack's own state in a file: for its first run, which makes the bucket.
	LocalState bool
}

// NewAccount declares what environments share: the state bucket, the image registries, the roles of GitHub's workflows.
func NewAccount(app cdktf.App, c AccountConfig) {
	in := constructs.Scope{Stack: cdktf.NewTerraformStack(app, new(AccountName))}

	main := c.State.of(AccountName)
	main.LocalState = c.LocalState
	constructs.NewMain(in, main)
	constructs.NewAccountVariables(in, constructs.AccountVariables{Common: common(AccountName)})

	constructs.NewStateBucket(in, constructs.StateBucketProps{Name: c.State.Bucket, Region: c.State.Region})
	constructs.NewECR(in)
	constructs.NewDeployRole(in, constructs.DeployRoleProps{Environments: environmentNames(), StateBucket: c.State.Bucket})
	constructs.NewPlanRole(in, constructs.PlanRoleProps{StateBucket: c.State.Bucket})
	constructs.NewAccountOutputs(in)
}
