package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicyattachment"
)

// PlanEnvironment is the GitHub environment of the jobs that plan a pull request.
const PlanEnvironment = "plan"

// PlanRoleProps say what the role may read beside the resources themselves.
type PlanRoleProps struct {
	StateBucket string
}

// NewPlanRole declares the role that plans: it changes nothing. A plan runs the code that it plans, and it opens the
// environment's parameters, so whoever assumes this role reads the secrets. Hence a pull request gets it only in an
// environment of its own, whose reviewers have read the code before.
func NewPlanRole(in Scope, p PlanRoleProps) {
	declare(in, "plan", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Count:            ifRepository.Num(),
		Name:             text("${var.project_name}-plan"),
		AssumeRolePolicy: policy(in, "plan_trust", gitHubTrust(PlanEnvironment)),
	})
	declare(in, "plan_reads", iamrolepolicyattachment.NewIamRolePolicyAttachment, &iamrolepolicyattachment.IamRolePolicyAttachmentConfig{
		Count:     ifRepository.Num(),
		Role:      X("aws_iam_role.plan[0].name").Str(),
		PolicyArn: text("arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess"),
	})
	declare(in, "plan_limits", iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
		Count: ifRepository.Num(),
		Name:  new("plan"),
		Role:  X("aws_iam_role.plan[0].id").Str(),
		Policy: policy(in, "plan_limits",
			allow("*", "secretsmanager:GetRandomPassword"), // stores nothing, and has no resource
			onlyStates(p.StateBucket),
			noLogs(),
		),
	})
}

// onlyStates takes the objects of all other buckets out of what the role reads.
func onlyStates(bucket string) *statement {
	return &statement{
		Effect: new("Deny"), Actions: texts("s3:GetObject", "s3:GetObjectVersion"),
		NotResources: texts("arn:${data.aws_partition.current.partition}:s3:::" + bucket + "/*"),
	}
}

// noLogs takes what users said to the services out of it.
func noLogs() *statement {
	return &statement{
		Effect: new("Deny"), Actions: texts("logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery", "logs:StartLiveTail"),
		Resources: texts("*"),
	}
}
