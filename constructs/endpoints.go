package constructs

import "github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcendpoint"

// NewEndpoints declares a private way to each AWS API in var.interface_endpoints, so that tasks reach it without NAT. The
// API's usual host name then leads there, for everything in the VPC.
func NewEndpoints(in Scope, vpc *VPC, groups *SecurityGroups) {
	declare(in, "interface", vpcendpoint.NewVpcEndpoint, &vpcendpoint.VpcEndpointConfig{
		VpcId:             vpc.ID,
		ServiceName:       text("com.amazonaws.${var.aws_region}.${each.value}"),
		VpcEndpointType:   new("Interface"),
		SubnetIds:         vpc.PrivateSubnetIDs.List(),
		SecurityGroupIds:  &[]*string{groups.Endpoints.ID},
		PrivateDnsEnabled: true,
		Tags:              nameTag("${each.value}"),
	}).AddOverride(new("for_each"), "${toset(var.interface_endpoints)}")
}
