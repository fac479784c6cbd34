"""EC2: what a security group rule says of itself, and the routes of a gateway endpoint."""
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule
from patching import replaces


def description(rule):
    """DescribeSecurityGroupRules drops the description of a rule that names another group: a diff for ever."""
    return rule.ip_range.get("Description") or rule.source_group.get("Description")


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
