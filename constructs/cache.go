package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/elasticachereplicationgroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/elasticachesubnetgroup"

	"github.com/agentteam/agentteam/contract"
)

// Cache is Redis: rate limits, cached keys and wake-ups. It is never the only copy of anything, so it
// keeps no snapshots.
type Cache struct {
	URL *string // rediss://, always encrypted
}

// CacheProps are where Redis lives and who reaches it.
type CacheProps struct {
	VPC            *VPC
	SecurityGroups *SecurityGroups
}

// NewCache declares the replication group. Any replica turns failover on.
func NewCache(in Scope, p CacheProps) *Cache {
	subnets := declare(in, "main", elasticachesubnetgroup.NewElasticacheSubnetGroup,
		&elasticachesubnetgroup.ElasticacheSubnetGroupConfig{
			Name:        name("cache-subnets"),
			Description: new("Subnets of Redis"),
			SubnetIds:   p.VPC.DataSubnetIDs.List(),
		})
	declare(in, "main", elasticachereplicationgroup.NewElasticacheReplicationGroup,
		&elasticachereplicationgroup.ElasticacheReplicationGroupConfig{
			ReplicationGroupId:       nameWithin("cache", replicationGroupIDLimit),
			Description:              text("Redis of ${local.prefix}"),
			Engine:                   new("redis"),
			EngineVersion:            X("var.cache_engine_version").Str(),
			NodeType:                 X("var.cache_node_type").Str(),
			Port:                     new(float64(contract.RedisPort)),
			NumCacheClusters:         X("1 + var.cache_replicas").Num(),
			AutomaticFailoverEnabled: X("var.cache_replicas > 0").Any(),
			MultiAzEnabled:           X("var.cache_replicas > 0").Any(),
			AtRestEncryptionEnabled:  new("true"),
			TransitEncryptionEnabled: true,
			SubnetGroupName:          subnets.Name(),
			SecurityGroupIds:         &[]*string{p.SecurityGroups.ElastiCache.ID},
			ApplyImmediately:         true,
			Tags:                     nameTag("cache"),
		})
	return &Cache{URL: text("rediss://${aws_elasticache_replication_group.main.primary_endpoint_address}:%d", contract.RedisPort)}
}
