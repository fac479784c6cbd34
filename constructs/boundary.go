package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iampolicy"
)

// A permissions boundary is the most that a role can do, whatever its policies say. Two hold the deploy role: one is its own,
// the other it must put on every role that it makes, so that it cannot make one that may more than the services need.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

// rolesBoundary is the name of the boundary of every role of an environment.
const rolesBoundary = "${var.project_name}-roles-boundary"

// boundaryOfRoles is the ARN of the boundary that the account stack declares.
func boundaryOfRoles() (arn *string) { return new(inAccount("iam:", "policy/"+rolesBoundary)) }

// inAccount is the ARN of something in this account; service is its name and, where it has one, its region.
func inAccount(service, resource string) string {
	return "arn:${data.aws_partition.current.partition}:" + service + ":${data.aws_caller_identity.current.account_id}:" + resource
}

// declareRolesBoundary declares what ECS, the services and flow logs may do in any environment.
func declareRolesBoundary(in Scope) {
	declare(in, "roles_boundary", iampolicy.NewIamPolicy, &iampolicy.IamPolicyConfig{
		Name:        new(rolesBoundary),
		Description: new("The most that a role of an environment may do"),
		Policy: policy(in, "roles_boundary",
			allow("*", "ecr:GetAuthorizationToken", "logs:DescribeLogGroups", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
				"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"), // none takes a resource
			allow(inAccount("ecr:${var.aws_region}", "repository/${var.project_name}/*"),
				"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
			&statement{
				Actions: texts("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
				Resources: texts(inAccount("logs:*", "log-group:/ecs/${var.project_name}-*:*"), // environments may be in other regions
					inAccount("logs:*", "log-group:/vpc/${var.project_name}-*:*")),
			},
			allow(inAccount("ssm:*", "parameter/${var.project_name}-*"), "ssm:GetParameters"),
		),
	})
}

// deployServices are what the stacks are made of. A test holds the list against the resources of every stack.
func deployServices() []string {
	return []string{
		"acm:*", "apigateway:*", "application-autoscaling:*", "cloudwatch:*", "ec2:*", "ecr:*", "ecs:*", "elasticache:*", "elasticloadbalancing:*",
		"kms:*", "logs:*", "rds:*", "route53:*", "secretsmanager:GetRandomPassword", "servicediscovery:*", "sns:*", "ssm:*", "sts:*", "tag:*", "wafv2:*",
	}
}

// deployBoundary declares the most that the deploy role may do: the services that the stacks are made of, the project's buckets, and
// roles as its own policy says.
func deployBoundary(in Scope, stateBucket string) (arn *string) {
	const buckets = "arn:${data.aws_partition.current.partition}:s3:::"
	return declare(in, "deploy_boundary", iampolicy.NewIamPolicy, &iampolicy.IamPolicyConfig{
		Count:       ifRepository.Num(),
		Name:        text("${var.project_name}-deploy-boundary"),
		Description: new("The most that the deploy role may do"),
		Policy: policy(in, "deploy_boundary",
			allow("*", deployServices()...),
			&statement{Actions: texts("s3:*"), Resources: texts(buckets+stateBucket, buckets+stateBucket+"/*", buckets+"${var.project_name}-*")},
			&statement{Actions: texts("iam:*"), Resources: texts(projectRoles("*"))},
			allow(inAccount("iam:", "role/aws-service-role/*"), "iam:CreateServiceLinkedRole"),
			allow("*", "iam:ListRoles", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider"), // reading
		),
	}).Arn()
}

// withinBoundary allows what the condition's key exists for, where the role has the boundary or gets it.
func withinBoundary(actions ...string) *statement {
	bounded := allow(projectRoles("*"), actions...)
	bounded.Condition = []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{
		{Test: new("StringEquals"), Variable: new("iam:PermissionsBoundary"), Values: &[]*string{boundaryOfRoles()}},
	}
	return bounded
}
