package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbinstance"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbparametergroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbsubnetgroup"

	"github.com/agentteam/agentteam/contract"
)

const (
	databaseName = "agentteam"
	databaseUser = "agentteam"
)

// DatabaseProps are where PostgreSQL lives, who reaches it, and its password.
type DatabaseProps struct {
	VPC            *VPC
	SecurityGroups *SecurityGroups
	Secrets        *Secrets
}

// NewDatabase declares PostgreSQL, encrypted at rest and refusing connections without TLS, and adds its
// URL to the secrets.
func NewDatabase(in Scope, p DatabaseProps) {
	instance := databaseInstance(in, p)
	p.Secrets.Add(in, contract.DatabaseURL, "database_url", "database/url",
		text("postgresql://%s:%s@%s/%s?sslmode=require", databaseUser, *p.Secrets.DatabasePassword.Str(), *instance.Endpoint(), databaseName))
}

func databaseInstance(in Scope, p DatabaseProps) dbinstance.DbInstance {
	return declare(in, "main", dbinstance.NewDbInstance, &dbinstance.DbInstanceConfig{
		Identifier:    name("db"),
		Engine:        new("postgres"),
		EngineVersion: X("var.db_engine_version").Str(),
		InstanceClass: X("var.db_instance_class").Str(),
		DbName:        new(databaseName),
		Username:      new(databaseUser),

		PasswordWo:        p.Secrets.DatabasePassword.Str(),
		PasswordWoVersion: X("var.secrets_version").Num(),

		StorageType:         new("gp3"),
		AllocatedStorage:    X("var.db_allocated_storage").Num(),
		MaxAllocatedStorage: X("var.db_max_allocated_storage").Num(),
		StorageEncrypted:    true,

		DbSubnetGroupName:   databaseSubnetGroup(in, p.VPC),
		VpcSecurityGroupIds: &[]*string{p.SecurityGroups.RDS.ID},
		PubliclyAccessible:  false,
		MultiAz:             X("var.db_multi_az").Any(),
		ParameterGroupName:  databaseParameters(in),

		BackupRetentionPeriod: X("var.db_backup_retention_days").Num(), // also how far back point-in-time recovery reaches
		CopyTagsToSnapshot:    true,
		DeletionProtection:    X("var.deletion_protection").Any(),
		SkipFinalSnapshot:     X("!var.db_final_snapshot").Any(),
		// With the VPC in its name, an environment that is made and destroyed again does not collide with
		// its former self's snapshot.
		FinalSnapshotIdentifier: text("${local.prefix}-db-final-%s", *p.VPC.ID),

		// A protected database changes in its maintenance window, any other at once. A new major version has no way back, and its
		// parameters replace those in use: only an unprotected one takes it.
		ApplyImmediately:             X("!var.deletion_protection").Any(),
		AllowMajorVersionUpgrade:     X("!var.deletion_protection").Any(),
		AutoMinorVersionUpgrade:      true,
		EnabledCloudwatchLogsExports: texts("postgresql", "upgrade"),
		PerformanceInsightsEnabled:   true,
		Tags:                         nameTag("db"),
	})
}

func databaseSubnetGroup(in Scope, vpc *VPC) (groupName *string) {
	return declare(in, "main", dbsubnetgroup.NewDbSubnetGroup, &dbsubnetgroup.DbSubnetGroupConfig{
		Name:      name("db-subnets"),
		SubnetIds: vpc.DataSubnetIDs.List(),
		Tags:      nameTag("db-subnets"),
	}).Name()
}

// databaseParameters follows the engine's major version; the prefix lets an upgrade make the new group
// before the old one goes.
func databaseParameters(in Scope) (groupName *string) {
	return declare(in, "main", dbparametergroup.NewDbParameterGroup, &dbparametergroup.DbParameterGroupConfig{
		NamePrefix: text("${local.prefix}-db-"),
		Family:     text(`postgres${split(".", var.db_engine_version)[0]}`),
		Parameter: []*dbparametergroup.DbParameterGroupParameter{
			// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
			{Name: new("rds.force_ssl"), Value: new("1")},
		},
		Lifecycle: newFirst(),
	}).Name()
}
