"""RDS: identities, monitoring settings and parameters that survive a read."""
import random
import string

from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from patching import replaces

KEPT_SETTINGS = (
    "monitoring_interval",
    "monitoring_role_arn",
    "performance_insights_kms_key_id",
    "performance_insights_retention_period",
)


@replaces(DBInstance, "__init__")
def identify_and_keep_settings(original, self, *args, **kwargs):
    """Every instance gets one constant DbiResourceId, so the provider, which reads by that id, finds one
    instance per account; monitoring and Performance Insights settings are dropped and planned again for ever."""
    original(self, *args, **kwargs)
    self.dbi_resource_id = "db-" + "".join(random.choices(string.ascii_uppercase + "234567", k=26))
    for name in KEPT_SETTINGS:
        if kwargs.get(name) is not None:
            setattr(self, name, kwargs[name])
    insights = kwargs.get("enable_performance_insights", kwargs.get("performance_insights_enabled"))
    if insights is not None:
        self.performance_insights_enabled = insights


@replaces(RDSBackend, "modify_db_instance")
def modify_performance_insights(original, self, identifier, settings):
    """ModifyDBInstance takes EnablePerformanceInsights, and moto reads it back under another name."""
    if "enable_performance_insights" in settings:
        settings["performance_insights_enabled"] = settings["enable_performance_insights"]
    return original(self, identifier, settings)


@replaces(RDSBackend, "restore_db_instance_to_point_in_time")
def restore_no_replica(original, self, source, target, overrides):
    """A restored instance says that it is a read replica of its source."""
    instance = original(self, source, target, overrides)
    instance.source_db_instance_identifier = None
    return instance


@replaces(DBParameterGroup, "update_parameters")
def mark_parameters_as_set_by_user(original, self, parameters):
    """Parameters come back without Source=user, which the provider filters on: a difference for ever."""
    return original(self, [dict(parameter, Source="user") for parameter in parameters])


@replaces(RDSBackend, "modify_db_subnet_group")
def keep_modified_subnet_group(original, self, name, description, subnets):
    """A modified subnet group is taken out and never put back: gone after its first change."""
    group = original(self, name, description, subnets)
    self.subnet_groups[name] = group
    return group
