//go:build live

package policy

import "slices"

func databaseRules() []rule {
	const instance = "aws_db_instance"
	return []rule{
		{
			id: "RDS.2", title: "RDS DB instances should prohibit public access, as determined by the PubliclyAccessible configuration",
			in: everyEnvironment(), kind: instance, want: []property{no("publicly_accessible")},
		},
		{
			id: "RDS.3", title: "RDS DB instances should have encryption at-rest enabled",
			in: everyEnvironment(), kind: instance, want: []property{yes("storage_encrypted")},
		},
		{
			id: "RDS.5", title: "RDS DB instances should be configured with multiple Availability Zones",
			in: survivesTheLossOf(), kind: instance, want: []property{yes("multi_az")},
		},
		{
			id: "RDS.6", title: "Enhanced monitoring should be configured for RDS DB instances",
			in: everyEnvironment(), kind: instance, want: []property{atLeast("monitoring_interval", 1, 0)},
		},
		{
			id: "RDS.8", title: "RDS DB instances should have deletion protection enabled",
			in: survivesTheLossOf(), kind: instance, want: []property{yes("deletion_protection"), no("skip_final_snapshot")},
		},
		{
			id: "RDS.9", title: "RDS DB instances should publish logs to CloudWatch Logs",
			in: everyEnvironment(), kind: instance, want: []property{{
				path: "enabled_cloudwatch_logs_exports", says: "postgresql and upgrade", bad: []any{"upgrade"},
				is: func(v any) bool {
					logs, _ := v.([]any)
					return slices.Contains(logs, any("postgresql")) && slices.Contains(logs, any("upgrade"))
				},
			}},
		},
		{
			id: "RDS.10", title: "IAM authentication should be configured for RDS instances",
			in: everyEnvironment(), kind: instance, want: []property{yes("iam_database_authentication_enabled")},
		},
		{
			id: "RDS.11", title: "RDS instances should have automatic backups enabled (for 7 days or more)",
			in: keepsItsData(), kind: instance, want: []property{atLeast("backup_retention_period", 7, 6)},
		},
		{
			id: "RDS.13", title: "RDS automatic minor version upgrades should be enabled",
			in: everyEnvironment(), kind: instance, want: []property{yes("auto_minor_version_upgrade")},
		},
		{
			id: "RDS.17", title: "RDS DB instances should be configured to copy tags to snapshots",
			in: everyEnvironment(), kind: instance, want: []property{yes("copy_tags_to_snapshot")},
		},
		{
			id: "RDS.23", title: "RDS instances should not use a database engine default port",
			in: everyEnvironment(), kind: instance, want: []property{{path: "port", says: "not 5432, the default", bad: 5432.0, is: func(v any) bool { return v != nil && v != 5432.0 }}},
		},
		{
			id: "RDS.25", title: "RDS database instances should use a custom administrator username",
			in: everyEnvironment(), kind: instance, want: []property{matching("username", "^agentteam$", "postgres")},
		},
		{
			id: "RDS.38", title: "RDS for PostgreSQL DB instances should be encrypted in transit",
			in: everyEnvironment(), kind: "aws_db_parameter_group",
			want: []property{equal("parameter.0.name", "rds.force_ssl", "ssl"), equal("parameter.0.value", "1", "0")},
		},
		{
			id: "RDS.46", title: "RDS DB instances should not be deployed in public subnets with routes to internet gateways",
			in: everyEnvironment(), kind: "aws_db_subnet_group", check: namesNoPublicSubnet,
			mutations: []mutation{{"the public subnets", func(_ *stack, r *resource) bool {
				r.References["subnet_ids"] = []string{"aws_subnet.public"}
				return true
			}}},
		},
	}
}

// namesNoPublicSubnet looks for subnets whose route table leads to an internet gateway.
func namesNoPublicSubnet(s *stack, group *resource) string {
	for _, association := range s.of("aws_route_table_association") {
		for _, subnet := range s.of("aws_subnet") {
			if group.refersTo(subnet) && association.refersTo(subnet) && leadsToTheInternet(s, association) {
				return "it names " + subnet.Address + ", which an internet gateway reaches"
			}
		}
	}
	return ""
}

func leadsToTheInternet(s *stack, association *resource) bool {
	for _, table := range s.of("aws_route_table") {
		for _, gateway := range s.of("aws_internet_gateway") {
			if association.refersTo(table) && table.refersTo(gateway) {
				return true
			}
		}
	}
	return false
}
