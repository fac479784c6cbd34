package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/eip"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/internetgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/natgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetable"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetableassociation"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

const anywhere = "0.0.0.0/0"

// Routes stand inside their tables rather than as aws_route resources: a state that has them inline is
// adopted, where a separate route would collide with the one that exists (RouteAlreadyExists).

func publicRoutes(in Scope, vpcID *string) {
	gateway := declare(in, "main", internetgateway.NewInternetGateway,
		&internetgateway.InternetGatewayConfig{VpcId: vpcID, Tags: nameTag("igw")})
	declare(in, "public", routetable.NewRouteTable, &routetable.RouteTableConfig{
		VpcId: vpcID,
		Route: []*routetable.RouteTableRoute{{CidrBlock: new(anywhere), GatewayId: gateway.Id()}},
		Tags:  nameTag("public"),
	})
	associate(in, "public", "aws_route_table.public.id")
}

// natGateways declares one gateway per public subnet, one in all, or none, as nat_mode says.
func natGateways(in Scope) {
	local(in, "nat_count", "{ per_az = length(var.public_subnet_cidrs), single = 1, none = 0 }[var.nat_mode]")
	address := declare(in, "nat", eip.NewEip, &eip.EipConfig{
		Count:  X("local.nat_count").Num(),
		Domain: new("vpc"),
		Tags:   nameTag("nat-${count.index + 1}"),
		// A gateway in a new subnet is made before the old one lets go of its address.
		Lifecycle: &cdktf.TerraformResourceLifecycle{ReplaceTriggeredBy: &[]any{"aws_subnet.public[count.index].id"}},
	})
	// AWS: a NAT gateway and its address work only once the VPC has its internet gateway.
	gateway := declare(in, "main", natgateway.NewNatGateway, &natgateway.NatGatewayConfig{
		Count:        X("local.nat_count").Num(),
		AllocationId: X("aws_eip.nat[count.index].id").Str(),
		SubnetId:     X("aws_subnet.public[count.index].id").Str(),
		Tags:         nameTag("nat-${count.index + 1}"),
	})
	for _, element := range []cdktf.TerraformResource{address, gateway} {
		element.AddOverride(new("depends_on"), []string{"aws_internet_gateway.main"})
	}
}

// privateRoutes gives each private subnet a table of its own, so that each zone leaves through its own
// NAT gateway and one zone's failure stays there. With fewer gateways than zones the last one serves
// the rest; with none there is no way out.
func privateRoutes(in Scope, vpcID *string) {
	table := declare(in, "private", routetable.NewRouteTable, &routetable.RouteTableConfig{
		Count: X("length(var.private_subnet_cidrs)").Num(),
		VpcId: vpcID,
		Tags:  nameTag("private-${count.index + 1}"),
		// The S3 endpoint lets go of a table before that goes: it cannot let go of one that is gone.
		Lifecycle: newFirst(),
	})
	table.AddOverride(new("dynamic.route"), map[string]any{
		"for_each": "${local.nat_count == 0 ? [] : [min(count.index, local.nat_count - 1)]}",
		"content": map[string]any{
			"cidr_block":     anywhere,
			"nat_gateway_id": "${aws_nat_gateway.main[route.value].id}",
		},
	})
	associate(in, "private", "aws_route_table.private[count.index].id")
}

// databaseRoutes gives the database subnets a table without routes: without one they would use the
// VPC's main table, which somebody may give a route out one day.
func databaseRoutes(in Scope, vpcID *string) {
	declare(in, "database", routetable.NewRouteTable, &routetable.RouteTableConfig{
		Count: X("min(1, length(var.database_subnet_cidrs))").Num(),
		VpcId: vpcID,
		Tags:  nameTag("database"),
		// As above.
		Lifecycle: newFirst(),
	})
	associate(in, "database", "aws_route_table.database[0].id")
}

func associate(in Scope, tier string, table X) {
	declare(in, tier, routetableassociation.NewRouteTableAssociation, &routetableassociation.RouteTableAssociationConfig{
		Count:        X("length(var." + tier + "_subnet_cidrs)").Num(),
		SubnetId:     X("aws_subnet." + tier + "[count.index].id").Str(),
		RouteTableId: table.Str(),
	})
}
