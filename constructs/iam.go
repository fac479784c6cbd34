package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
)

type statement = dataawsiampolicydocument.DataAwsIamPolicyDocumentStatement

// policy declares a policy document and returns its JSON.
func policy(in Scope, name string, statements ...*statement) (json *string) {
	return declare(in, name, dataawsiampolicydocument.NewDataAwsIamPolicyDocument,
		&dataawsiampolicydocument.DataAwsIamPolicyDocumentConfig{Statement: statements}).Json()
}

func allow(resource string, actions ...string) *statement {
	return &statement{Actions: texts(actions...), Resources: &[]*string{&resource}}
}

// executionRole is what ECS itself acts as when it starts a task: pulls the two images, writes the log
// group, reads this environment's parameters, and nothing else. Parameters under the account's default
// key need no permission on the key.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
func executionRole(in Scope, logGroupARN *string, images *Registries) (arn *string) {
	role := declare(in, "ecs_execution", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Name:                name("ecs-execution"),
		AssumeRolePolicy:    ecsTasksTrust(in),
		PermissionsBoundary: boundaryOfRoles(),
	})
	declare(in, "ecs_execution", iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
		Name: new("start-tasks"),
		Role: role.Id(),
		Policy: policy(in, "ecs_execution",
			allow("*", "ecr:GetAuthorizationToken"), // has no resource
			&statement{
				Actions:   texts("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
				Resources: &[]*string{images.APIGateway.ARN, images.WorkflowEngine.ARN},
			},
			allow(*logGroupARN+":*", "logs:CreateLogStream", "logs:PutLogEvents"),
			allow(parameterARN("*"), "ssm:GetParameters"),
		),
	})
	return role.Arn()
}

// taskRole is what one service's program acts as. It may do nothing but open ECS Exec's channel, and
// that only where var.enable_execute_command says so.
func taskRole(in Scope, service string, logGroupARN *string) (arn *string) {
	role := declare(in, service+"_task", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Name:                name(hyphenated(service) + "-task"),
		AssumeRolePolicy:    X("data.aws_iam_policy_document.ecs_tasks_trust.json").Str(),
		PermissionsBoundary: boundaryOfRoles(),
	})
	declare(in, service+"_exec", iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
		Count: X("var.enable_execute_command ? 1 : 0").Num(),
		Name:  new("execute-command"),
		Role:  role.Id(),
		Policy: policy(in, service+"_exec",
			allow("*", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
				"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel", "logs:DescribeLogGroups"), // none takes a resource
			allow(*logGroupARN+":*", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
		),
	})
	return role.Arn()
}

// ecsTasksTrust lets tasks of this account alone assume a role.
func ecsTasksTrust(in Scope) (json *string) {
	return serviceTrust(in, "ecs_tasks_trust", "ecs-tasks.amazonaws.com")
}

// serviceTrust lets a service assume a role for this account alone, not for another account's request (the confused deputy).
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func serviceTrust(in Scope, document, service string) (json *string) {
	return policy(in, document, &statement{
		Actions: texts("sts:AssumeRole"),
		Principals: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementPrincipals{
			{Type: new("Service"), Identifiers: texts(service)},
		},
		Condition: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{{
			Test: new("StringEquals"), Variable: new("aws:SourceAccount"),
			Values: &[]*string{X("data.aws_caller_identity.current.account_id").Str()},
		}},
	})
}
