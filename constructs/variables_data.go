package constructs

// Data are the defaults of the data stores' variables.
type Data struct {
	DBInstanceClass       string
	DBEngineVersion       string
	DBAllocatedStorage    int // GiB
	DBMaxAllocatedStorage int // GiB
	DBMultiAZ             bool
	DBBackupRetentionDays int
	DBFinalSnapshot       bool
	CacheNodeType         string
	CacheEngineVersion    string
	CacheReplicas         int // extra nodes; any turns failover on
	DeletionProtection    bool
}

func (d Data) inputs() []input {
	return []input{
		{"db_instance_class", "string", "Instance class of PostgreSQL.", d.DBInstanceClass, []rule{
			matches("db_instance_class", "^db\\\\.[a-z0-9-]+\\\\.[a-z0-9]+$", "an RDS instance class such as db.t3.micro"),
		}},
		{"db_engine_version", "string", "PostgreSQL version; a major version alone takes minor upgrades by itself.", d.DBEngineVersion, []rule{
			matches("db_engine_version", "^[0-9]{2}(\\\\.[0-9]+)?$", "a PostgreSQL version such as 16 or 16.8"),
		}},
		whole("db_allocated_storage", "First size of the database's storage, in GiB.", d.DBAllocatedStorage, "20", "65536", "GiB"),
		{"db_max_allocated_storage", "number", "Size up to which the storage grows by itself, in GiB.", d.DBMaxAllocatedStorage, []rule{
			between("db_max_allocated_storage", "20", "65536", "GiB"),
			{"var.db_max_allocated_storage >= var.db_allocated_storage",
				"db_max_allocated_storage (${var.db_max_allocated_storage} GiB) must not be below db_allocated_storage (${var.db_allocated_storage} GiB)."},
		}},
		{"db_multi_az", "bool", "Whether PostgreSQL has a standby in a second zone.", d.DBMultiAZ, nil},
		whole("db_backup_retention_days", "Days of automated backups and of point-in-time recovery.", d.DBBackupRetentionDays, "1", "35", "days"),
		{"db_final_snapshot", "bool", "Whether the database leaves a snapshot when it is destroyed.", d.DBFinalSnapshot, nil},
		{"cache_node_type", "string", "Node type of Redis.", d.CacheNodeType, []rule{
			matches("cache_node_type", "^cache\\\\.[a-z0-9-]+\\\\.[a-z0-9]+$", "an ElastiCache node type such as cache.t3.micro"),
		}},
		{"cache_engine_version", "string", "Redis version.", d.CacheEngineVersion, []rule{
			matches("cache_engine_version", "^7\\\\.[0-9]+$", "a Redis 7 version such as 7.1"),
		}},
		whole("cache_replicas", "Redis nodes beside the primary; any turns failover on.", d.CacheReplicas, "0", "5", "nodes"),
		{"deletion_protection", "bool", "Whether the database and the load balancer refuse deletion.", d.DeletionProtection, nil},
	}
}
