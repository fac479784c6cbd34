package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawspartition"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamopenidconnectprovider"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicyattachment"
)

const gitHubTokens = "token.actions.githubusercontent.com"

// ifRepository counts what exists only where a repository may deploy.
const ifRepository = X(`var.github_repository != "" ? 1 : 0`)

// DeployRoleProps say which of the repository's jobs may deploy.
type DeployRoleProps struct {
	Environments []string // GitHub environments, of the same names as ours
	StateBucket  string   // S3 bucket of every state
}

// NewDeployRole declares the role that the workflows of var.github_repository assume with GitHub's
// OIDC tokens, so that no long-lived key exists.
// https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services
//
// It may make roles, but only such as cannot do more than the services need. Whoever can run such a workflow still rules over
// everything that the stacks are made of: protect the environments on GitHub before you name a repository.
func NewDeployRole(in Scope, p DeployRoleProps) {
	declare(in, "current", dataawscalleridentity.NewDataAwsCallerIdentity, &dataawscalleridentity.DataAwsCallerIdentityConfig{})
	declare(in, "current", dataawspartition.NewDataAwsPartition, &dataawspartition.DataAwsPartitionConfig{})
	declareRolesBoundary(in)
	declare(in, "github", iamopenidconnectprovider.NewIamOpenidConnectProvider, &iamopenidconnectprovider.IamOpenidConnectProviderConfig{
		Count:        ifRepository.Num(),
		Url:          new("https://" + gitHubTokens),
		ClientIdList: texts("sts.amazonaws.com"),
	})
	deployBoundary(in, p.StateBucket)
	declare(in, "deploy", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Count:               ifRepository.Num(),
		Name:                text("${var.project_name}-deploy"),
		AssumeRolePolicy:    policy(in, "deploy_trust", gitHubTrust(p.Environments...)),
		PermissionsBoundary: X("aws_iam_policy.deploy_boundary[0].arn").Str(),
	})
	declare(in, "deploy_services", iamrolepolicyattachment.NewIamRolePolicyAttachment, &iamrolepolicyattachment.IamRolePolicyAttachmentConfig{
		Count:     ifRepository.Num(),
		Role:      X("aws_iam_role.deploy[0].name").Str(),
		PolicyArn: text("arn:${data.aws_partition.current.partition}:iam::aws:policy/PowerUserAccess"), // everything but IAM
	})
	declare(in, "deploy_roles", iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
		Count:  ifRepository.Num(),
		Name:   new("manage-roles"),
		Role:   X("aws_iam_role.deploy[0].id").Str(),
		Policy: policy(in, "deploy_roles", manageRoles(), boundRoles(), passRoles(), notItself()),
	})
}

// gitHubTrust accepts the main branch and jobs in one of the named environments. GitHub makes an unknown
// environment when a job names it, so a wildcard would accept every branch.
func gitHubTrust(environments ...string) *statement {
	subjects := make([]string, 0, 1+len(environments))
	subjects = append(subjects, "repo:${var.github_repository}:ref:refs/heads/main")
	for _, environment := range environments {
		subjects = append(subjects, "repo:${var.github_repository}:environment:"+environment)
	}
	return &statement{
		Actions: texts("sts:AssumeRoleWithWebIdentity"),
		Principals: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementPrincipals{{
			Type: new("Federated"),
			Identifiers: texts("arn:${data.aws_partition.current.partition}:iam::" +
				"${data.aws_caller_identity.current.account_id}:oidc-provider/" + gitHubTokens),
		}},
		Condition: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{
			{Test: new("StringEquals"), Variable: new(gitHubTokens + ":aud"), Values: texts("sts.amazonaws.com")},
			{Test: new("StringEquals"), Variable: new(gitHubTokens + ":sub"), Values: texts(subjects...)},
		},
	}
}

// manageRoles lets a deployment make the roles of its environments, whose names start with the project's.
func manageRoles() *statement {
	return allow(projectRoles("*"),
		"iam:GetRole", "iam:DeleteRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole",
		"iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:GetRolePolicy")
}

// boundRoles lets it say what a role may do, if the role has the boundary. It cannot take that off again.
func boundRoles() *statement {
	return withinBoundary("iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy")
}

// passRoles lets a deployment hand its roles to ECS and to flow logs alone.
func passRoles() *statement {
	pass := allow(projectRoles("*"), "iam:PassRole")
	pass.Condition = []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{
		{Test: new("StringEquals"), Variable: new("iam:PassedToService"), Values: texts("ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com")},
	}
	return pass
}

// notItself keeps a deployment from changing the roles of GitHub, its own first.
func notItself() *statement {
	return &statement{
		Effect: new("Deny"),
		Actions: texts("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:PassRole",
			"iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"),
		Resources: texts(projectRoles("deploy"), projectRoles("plan")),
	}
}

func projectRoles(suffix string) string {
	return inAccount("iam:", "role/${var.project_name}-"+suffix)
}
