package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/flowlog"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
)

// ifFlowLogs counts what exists only where the network's traffic is logged.
const ifFlowLogs = X(`var.flow_logs != "none" ? 1 : 0`)

// NewFlowLogs declares the log of the VPC's connections: who tried to talk to whom, not what they said.
func NewFlowLogs(in Scope, vpc *VPC) {
	declare(in, "flow_logs", cloudwatchloggroup.NewCloudwatchLogGroup, &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Count:           ifFlowLogs.Num(),
		Name:            text("/vpc/${local.prefix}"),
		RetentionInDays: X("var.log_retention_days").Num(),
	})
	declare(in, "main", flowlog.NewFlowLog, &flowlog.FlowLogConfig{
		Count:          ifFlowLogs.Num(),
		VpcId:          vpc.ID,
		TrafficType:    X(`var.flow_logs == "rejected" ? "REJECT" : "ALL"`).Str(),
		IamRoleArn:     flowLogRole(in),
		LogDestination: X("aws_cloudwatch_log_group.flow_logs[0].arn").Str(),
		Tags:           nameTag("flow-logs"),
	})
}

// flowLogRole is what the VPC writes its log as.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func flowLogRole(in Scope) (arn *string) {
	declare(in, "flow_logs", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Count:               ifFlowLogs.Num(),
		Name:                name("flow-logs"),
		AssumeRolePolicy:    serviceTrust(in, "flow_logs_trust", "vpc-flow-logs.amazonaws.com"),
		PermissionsBoundary: boundaryOfRoles(),
	})
	declare(in, "flow_logs", iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
		Count: ifFlowLogs.Num(),
		Name:  new("write-log"),
		Role:  X("aws_iam_role.flow_logs[0].id").Str(),
		Policy: policy(in, "flow_logs",
			allow(inAccount("logs:${var.aws_region}", "log-group:/vpc/${local.prefix}:*"),
				"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
			allow("*", "logs:DescribeLogGroups"), // takes no resource
		),
	})
	return X("aws_iam_role.flow_logs[0].arn").Str()
}
