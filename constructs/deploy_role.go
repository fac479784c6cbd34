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

// NewDeployRole declares the role that the workflows of var.github_repository assume with GitHub's
// OIDC tokens, so that no long-lived key exists.
// https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services
func NewDeployRole(in Scope) {
	declare(in, "current", dataawscalleridentity.NewDataAwsCallerIdentity, &dataawscalleridentity.DataAwsCallerIdentityConfig{})
	declare(in, "current", dataawspartition.NewDataAwsPartition, &dataawspartition.DataAwsPartitionConfig{})
	declare(in, "github", iamopenidconnectprovider.NewIamOpenidConnectProvider, &iamopenidconnectprovider.IamOpenidConnectProviderConfig{
		Count:        ifRepository.Num(),
		Url:          new("https://" + gitHubTokens),
		ClientIdList: texts("sts.amazonaws.com"),
	})
	declare(in, "deploy", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Count:            ifRepository.Num(),
		Name:             text("${var.project_name}-deploy"),
		AssumeRolePolicy: policy(in, "deploy_trust", gitHubTrust()),
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
		Policy: policy(in, "deploy_roles", manageRoles(), notItself()),
	})
}

// gitHubTrust accepts the main branch and the repository's deployment environments, not pull requests:
// anybody can open one of those.
func gitHubTrust() *statement {
	return &statement{
		Actions: texts("sts:AssumeRoleWithWebIdentity"),
		Principals: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementPrincipals{{
			Type: new("Federated"),
			Identifiers: texts("arn:${data.aws_partition.current.partition}:iam::" +
				"${data.aws_caller_identity.current.account_id}:oidc-provider/" + gitHubTokens),
		}},
		Condition: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{
			{Test: new("StringEquals"), Variable: new(gitHubTokens + ":aud"), Values: texts("sts.amazonaws.com")},
			{Test: new("StringLike"), Variable: new(gitHubTokens + ":sub"), Values: texts(
				"repo:${var.github_repository}:ref:refs/heads/main", "repo:${var.github_repository}:environment:*")},
		},
	}
}

// manageRoles lets a deployment make the roles of its environments, whose names start with the
// project's, and hand them to ECS.
func manageRoles() *statement {
	return allow(projectRoles("*"),
		"iam:GetRole", "iam:CreateRole", "iam:DeleteRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole",
		"iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
		"iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:PassRole")
}

// notItself keeps a deployment from giving the deploy role more than it has.
func notItself() *statement {
	return &statement{
		Effect:    new("Deny"),
		Actions:   texts("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:PassRole"),
		Resources: texts(projectRoles("deploy")),
	}
}

func projectRoles(suffix string) string {
	return "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${var.project_name}-" + suffix
}
