//go:build live

package policy

func cacheRules() []rule {
	const group = "aws_elasticache_replication_group"
	return []rule{
		{
			id: "ElastiCache.1", title: "ElastiCache (Redis OSS) clusters should have automatic backups enabled",
			in: everyEnvironment(), kind: group, want: []property{atLeast("snapshot_retention_limit", 1, 0)},
		},
		{
			id: "ElastiCache.2", title: "ElastiCache clusters should have automatic minor version upgrades enabled",
			in: everyEnvironment(), kind: group, want: []property{orUnset(yes("auto_minor_version_upgrade"))},
		},
		{
			id: "ElastiCache.3", title: "ElastiCache replication groups should have automatic failover enabled",
			in: survivesTheLossOf(), kind: group, want: []property{yes("automatic_failover_enabled"), yes("multi_az_enabled")},
		},
		{
			id: "ElastiCache.4", title: "ElastiCache replication groups should be encrypted at rest",
			in: everyEnvironment(), kind: group, want: []property{yes("at_rest_encryption_enabled")},
		},
		{
			id: "ElastiCache.5", title: "ElastiCache replication groups should be encrypted in transit",
			in: everyEnvironment(), kind: group, want: []property{yes("transit_encryption_enabled")},
		},
		{
			id: "ElastiCache.7", title: "ElastiCache clusters should not use the default subnet group",
			in: everyEnvironment(), kind: group, want: []property{matching("subnet_group_name", "^agent-team-", "default")},
		},
	}
}
