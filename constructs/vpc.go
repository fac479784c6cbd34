package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsavailabilityzones"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/defaultsecuritygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/subnet"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpc"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcendpoint"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// VPC is the network: public subnets for the load balancer and NAT, private ones for the tasks, and
// database subnets that have no route out.
//
//	internet ── internet gateway ── public[*] ── nat[*] ── private[*]      database[*]
type VPC struct {
	ID *string
	// PublicSubnetIDs and PrivateSubnetIDs list one subnet per zone; DataSubnetIDs is where the
	// database and the cache live.
	PublicSubnetIDs, PrivateSubnetIDs, DataSubnetIDs X
}

// NewVPC declares the network. How many subnets and NAT gateways there are is decided at plan time, by
// the lists of CIDRs and by nat_mode.
func NewVPC(in Scope) *VPC {
	zones(in)
	id := declare(in, "main", vpc.NewVpc, &vpc.VpcConfig{
		CidrBlock:          X("var.vpc_cidr").Str(),
		EnableDnsHostnames: true,
		EnableDnsSupport:   true,
		Tags:               nameTag("vpc"),
		Lifecycle:          &cdktf.TerraformResourceLifecycle{Precondition: enoughZones()},
	}).Id()
	// Every VPC has a default group whose members may talk to each other. Nothing uses it: shut it.
	declare(in, "main", defaultsecuritygroup.NewDefaultSecurityGroup,
		&defaultsecuritygroup.DefaultSecurityGroupConfig{VpcId: id, Tags: nameTag("default-closed")})

	subnets(in, id, "public")
	subnets(in, id, "private")
	subnets(in, id, "database")
	publicRoutes(in, id)
	natGateways(in)
	privateRoutes(in, id)
	databaseRoutes(in, id)
	s3Endpoint(in, id)
	return &VPC{
		ID:               id,
		PublicSubnetIDs:  "aws_subnet.public[*].id",
		PrivateSubnetIDs: "aws_subnet.private[*].id",
		// An empty list keeps the data stores beside the tasks, where a state older than the database
		// subnets has its subnet groups: AWS cannot move those while they are in use.
		DataSubnetIDs: "length(var.database_subnet_cidrs) > 0 ? aws_subnet.database[*].id : aws_subnet.private[*].id",
	}
}

// zones looks up where subnets may be: neither in local zones nor where a service that we use is missing.
func zones(in Scope) {
	declare(in, "available", dataawsavailabilityzones.NewDataAwsAvailabilityZones,
		&dataawsavailabilityzones.DataAwsAvailabilityZonesConfig{
			State:          new("available"),
			ExcludeZoneIds: X("var.excluded_zone_ids").List(),
			Filter: []*dataawsavailabilityzones.DataAwsAvailabilityZonesFilter{
				{Name: new("zone-type"), Values: texts("availability-zone")},
			},
		})
}

// subnets declares one subnet per CIDR of var.<tier>_subnet_cidrs, each in the zone of its index. None gives public
// addresses by itself: load balancers and NAT gateways bring their own.
func subnets(in Scope, vpcID *string, tier string) {
	declare(in, tier, subnet.NewSubnet, &subnet.SubnetConfig{
		Count:            X("length(var." + tier + "_subnet_cidrs)").Num(),
		VpcId:            vpcID,
		CidrBlock:        X("var." + tier + "_subnet_cidrs[count.index]").Str(),
		AvailabilityZone: X("data.aws_availability_zones.available.names[count.index]").Str(),
		Tags:             nameTag(tier + "-${count.index + 1}"),
	})
}

// enoughZones turns "index out of range" into advice: only at plan time is it known how many zones the
// region offers.
func enoughZones() *[]*cdktf.Precondition {
	const zones = "length(data.aws_availability_zones.available.names)"
	return &[]*cdktf.Precondition{{
		Condition: X("max(length(var.public_subnet_cidrs), length(var.private_subnet_cidrs), length(var.database_subnet_cidrs)) <= " + zones).Str(),
		ErrorMessage: text("${var.aws_region} offers ${%s} availability zones, fewer than the longest list of subnet CIDRs. "+
			"Remove CIDRs from public_subnet_cidrs, private_subnet_cidrs and database_subnet_cidrs until each fits.", zones),
	}}
}

// s3Endpoint keeps traffic to S3, where ECR stores image layers, off the NAT gateways. It is free.
func s3Endpoint(in Scope, vpcID *string) {
	declare(in, "s3", vpcendpoint.NewVpcEndpoint, &vpcendpoint.VpcEndpointConfig{
		VpcId:           vpcID,
		ServiceName:     text("com.amazonaws.${var.aws_region}.s3"),
		VpcEndpointType: new("Gateway"),
		RouteTableIds:   X("concat([aws_route_table.public.id], aws_route_table.private[*].id, aws_route_table.database[*].id)").List(),
		Tags:            nameTag("s3"),
	})
}

// nameTag is the one tag that default_tags cannot give.
func nameTag(suffix string) *map[string]*string {
	return &map[string]*string{"Name": text("${local.prefix}-%s", suffix)}
}
