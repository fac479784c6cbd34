"""EC2: what a security group rule says of itself, the routes of a gateway endpoint, and the address of a NAT gateway."""
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule
from patching import replaces


@replaces(SecurityGroupRule, "__init__")
def keep_prefix_list(original, self, *args, **kwargs):
    """Of the prefix list of a rule, its id alone is kept, without the rule's description."""
    original(self, *args, **kwargs)
    self.prefix_list = kwargs.get("prefix_list_id") or next((a for a in args if isinstance(a, dict) and "PrefixListId" in a), {})


def description(rule):
    """DescribeSecurityGroupRules drops the description of a rule that names another group or a prefix list: a diff for ever."""
    return next((end["Description"] for end in (rule.ip_range, rule.source_group, rule.prefix_list) if end.get("Description")), None)


SecurityGroupRule.description = property(description)


@replaces(EC2Backend, "modify_vpc_endpoint")
def route_to_endpoint(original, self, *args, **kwargs):
    """ModifyVpcEndpoint notes a route table and makes no route in it, so that the endpoint cannot be deleted."""
    endpoint_id = kwargs.get("vpc_id") or args[0]
    endpoint = self.vpc_end_points[endpoint_id]
    before = set(endpoint.route_table_ids or [])
    original(self, *args, **kwargs)
    after = set(endpoint.route_table_ids or [])
    for table in after - before:
        self.create_route(table, None, gateway_id=endpoint_id, destination_prefix_list_id=endpoint.destination_prefix_list_id)
    for table in before - after:
        self.delete_route(table, endpoint.destination_prefix_list_id)


@replaces(EC2Backend, "delete_nat_gateway")
def let_go_of_the_address(original, self, nat_gateway_id):
    """A deleted NAT gateway keeps its address, so that its successor cannot have it."""
    gateway = original(self, nat_gateway_id)
    for address in self.addresses:
        if address.eni is gateway._eni:
            self.disassociate_address(association_id=address.association_id)
    return gateway
