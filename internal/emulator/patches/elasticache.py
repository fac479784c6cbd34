"""ElastiCache: replication groups with members, changes, and deletions that end."""
import inspect

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.models import CacheCluster, ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse
from patching import adds, replaces

CLUSTER_PARAMETERS = list(inspect.signature(CacheCluster.__init__).parameters)[1:]
CLUSTER_CHANGES = {
    "CacheNodeType": "cache_node_type",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
}
GROUP_CHANGES = {**CLUSTER_CHANGES, "ReplicationGroupDescription": "description"}


@replaces(ElastiCacheBackend, "create_cache_cluster")
def return_security_groups_and_nodes(original, self, **kwargs):
    """A cluster comes back without its SecurityGroups, a difference for ever, and without its CacheNodes, so
    that nobody learns its address."""
    cluster = original(self, **kwargs)
    show_security_groups(cluster)
    cluster.cache_nodes = [cache_node(cluster, number) for number in range(1, cluster.num_cache_nodes + 1)]
    return cluster


def cache_node(cluster, number):
    """One node of a cluster that belongs to no replication group."""
    node_id = f"{number:04d}"
    address = f"{cluster.cache_cluster_id}.emulated.{node_id}.use1.cache.amazonaws.com"
    return {
        "cache_node_id": node_id,
        "cache_node_status": "available",
        "customer_availability_zone": "us-east-1a",
        "endpoint": {"address": address, "port": cluster.port},
    }


@replaces(ElastiCacheBackend, "create_replication_group")
def create_members(original, self, **kwargs):
    """The members of a group cannot be described, so the provider cannot read the group; and NumCacheClusters
    is ignored beyond the primary, so two nodes come back as one."""
    group = original(self, **kwargs)
    if group.cluster_mode == "disabled":
        add_replicas(group, kwargs.get("num_cache_clusters") or 1)
    for member in group.member_clusters:
        self.cache_clusters[member] = member_cluster(self, group, member)
    return group


def add_replicas(group, nodes):
    """Give the one node group its replicas and a reader endpoint."""
    node_group = group.node_groups[0]
    domain = node_group["node_group_members"][0]["read_endpoint"]["address"].split(".", 1)[1]
    node_group["reader_endpoint"] = {"address": f"replica.{domain}", "port": group.port}
    for number in range(len(group.member_clusters) + 1, nodes + 1):
        member = f"{group.replication_group_id}-{number:03d}"
        group.member_clusters.append(member)
        node_group["node_group_members"].append({
            "cache_cluster_id": member,
            "cache_node_id": "0001",
            "current_role": "replica",
            "preferred_availability_zone": "us-east-1b",
            "read_endpoint": {"address": f"{member}.{domain}", "port": group.port},
        })


def member_cluster(backend, group, member):
    """The cache cluster that stands for one node of a replication group."""
    parameters = dict.fromkeys(CLUSTER_PARAMETERS)
    parameters.update(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_cluster_id=member,
        cache_node_type=group.cache_node_type,
        replication_group_id=group.replication_group_id,
        engine=group.engine,
        engine_version=group.engine_version,
        port=group.port,
        cache_parameter_group_name=group.cache_parameter_group_name or default_parameter_group(group.engine),
        cache_subnet_group_name=group.cache_subnet_group_name,
        security_group_ids=group.security_group_ids,
        transit_encryption_enabled=group.transit_encryption_enabled,
        snapshot_retention_limit=group.snapshot_retention_limit,
        auto_minor_version_upgrade=True,
        preferred_maintenance_window=group.preferred_maintenance_window or "sun:05:00-sun:06:00",
        num_cache_nodes=1,
    )
    cluster = CacheCluster(**parameters)
    cluster.num_cache_nodes, cluster.replication_group_id = 1, group.replication_group_id
    cluster.at_rest_encryption_enabled = group.at_rest_encryption_enabled
    cluster.auth_token_enabled = group.auth_token_enabled
    cluster.transit_encryption_mode = group.transit_encryption_mode
    if group.transit_encryption_enabled and not group.transit_encryption_mode:
        cluster.transit_encryption_mode = "required"
    show_security_groups(cluster)
    return cluster


def default_parameter_group(engine):
    return "default.redis7" if engine == "redis" else "default.valkey8"


def show_security_groups(cluster):
    cluster.security_groups = [
        {"security_group_id": group, "status": "active"} for group in cluster.security_group_ids or []
    ]


@replaces(ElastiCacheBackend, "delete_replication_group")
def delete_group(original, self, replication_group_id, *args, **kwargs):
    """A deleted group stays "deleting" for ever, so destroy waits out its forty minutes."""
    group = self.replication_groups.get(replication_group_id)
    for member in list(group.member_clusters) if group else []:
        self.cache_clusters.pop(member, None)
    deleted = original(self, replication_group_id, *args, **kwargs)
    self.replication_groups.pop(replication_group_id, None)
    return deleted


@replaces(ElastiCacheBackend, "delete_cache_cluster")
def delete_cluster(original, self, cache_cluster_id):
    """A deleted cluster stays "deleting" for ever."""
    cluster = original(self, cache_cluster_id=cache_cluster_id)
    self.cache_clusters.pop(cache_cluster_id, None)
    return cluster


@adds(ElastiCacheResponse, "delete_cache_subnet_group")
def delete_subnet_group(self):
    """DeleteCacheSubnetGroup is missing."""
    self.elasticache_backend.cache_subnet_groups.pop(self._get_param("CacheSubnetGroupName"), None)
    return EmptyResult()


@adds(ElastiCacheResponse, "modify_cache_subnet_group")
def modify_subnet_group(self):
    """ModifyCacheSubnetGroup is missing: the provider retries it for minutes."""
    old = self.elasticache_backend.cache_subnet_groups.pop(self._get_param("CacheSubnetGroupName"))
    new = self.elasticache_backend.create_cache_subnet_group(
        cache_subnet_group_name=old.cache_subnet_group_name,
        cache_subnet_group_description=self._get_param("CacheSubnetGroupDescription") or old.cache_subnet_group_description,
        subnet_ids=self._get_param("SubnetIds") or old.subnet_ids,
        tags=old.tags,
    )
    return ActionResult({"CacheSubnetGroup": new})


@adds(ElastiCacheResponse, "modify_replication_group")
def modify_group(self):
    """ModifyReplicationGroup is missing."""
    group = self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
    return ActionResult({"ReplicationGroup": change(group, self._get_params(), GROUP_CHANGES)})


@adds(ElastiCacheResponse, "modify_cache_cluster")
def modify_cluster(self):
    """ModifyCacheCluster is missing."""
    cluster = self.elasticache_backend.cache_clusters[self._get_param("CacheClusterId")]
    return ActionResult({"CacheCluster": change(cluster, self._get_params(), CLUSTER_CHANGES)})


def change(target, given, attributes):
    """Set the attributes that the request names."""
    for name, attribute in attributes.items():
        if name in given:
            setattr(target, attribute, given[name])
    if "SecurityGroupIds" in given:
        target.security_group_ids = given["SecurityGroupIds"]
        show_security_groups(target)
    return target
