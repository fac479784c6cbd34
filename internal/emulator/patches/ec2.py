"""EC2: what a security group rule says of itself."""
from moto.ec2.models.security_groups import SecurityGroupRule


def description(rule):
    """DescribeSecurityGroupRules drops the description of a rule that names another group: a diff for ever."""
    return rule.ip_range.get("Description") or rule.source_group.get("Description")


SecurityGroupRule.description = property(description)
