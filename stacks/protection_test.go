package stacks_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/synthtest"
)

// Each environment's choices, so that a change of base() that reaches production is seen here.
func TestEnvironmentsDifferAsTheReadmeSays(t *testing.T) {
	for environment, want := range map[string]map[string]any{
		"development": {
			"nat_mode": "single", "desired_count": 1.0, "fargate_base": 0.0, "fargate_spot_weight": 100.0, "db_multi_az": false,
			"db_backup_retention_days": 1.0, "cache_replicas": 0.0, "log_retention_days": 7.0, "log_level": "debug",
			"enable_execute_command": true, "deletion_protection": false, "db_final_snapshot": false,
			"max_count": 1.0, "night_begins": "cron(0 20 ? * MON-FRI *)", "alarms": "none", "dashboard": false, "waf": false, "alb_access_logs": false, "flow_logs": "none",
		},
		"staging": {
			"nat_mode": "single", "desired_count": 1.0, "fargate_base": 0.0, "fargate_spot_weight": 0.0, "db_multi_az": false,
			"db_backup_retention_days": 7.0, "cache_replicas": 0.0, "log_retention_days": 14.0, "log_level": "info",
			"enable_execute_command": true, "deletion_protection": false, "db_final_snapshot": false,
			"max_count": 2.0, "night_begins": "", "alarms": "few", "dashboard": true, "waf": false, "alb_access_logs": false, "flow_logs": "none",
		},
		"production": {
			"nat_mode": "per_az", "desired_count": 2.0, "fargate_base": 2.0, "fargate_spot_weight": 0.0, "db_multi_az": true,
			"db_backup_retention_days": 14.0, "cache_replicas": 1.0, "log_retention_days": 30.0, "log_level": "info",
			"enable_execute_command": false, "deletion_protection": true, "db_final_snapshot": true,
			"max_count": 3.0, "night_begins": "", "alarms": "all", "dashboard": true, "waf": true, "alb_access_logs": true, "flow_logs": "rejected",
		},
	} {
		stack := synthtest.Environments(t)[environment]
		got := map[string]any{}
		for name := range want {
			got[name] = stack.Default(name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", environment, diff)
		}
	}
}

// Outside their names, environments are one configuration: what differs are the variables' defaults.
func TestEnvironmentsDifferInDefaultsAlone(t *testing.T) {
	all := synthtest.Environments(t)
	for _, part := range []string{"resource", "data", "ephemeral", "locals", "output", "provider", "removed"} {
		for _, environment := range []string{"development", "staging"} {
			if diff := cmp.Diff(all["production"][part], all[environment][part]); diff != "" {
				t.Errorf("%s of %s (-production +%s):\n%s", part, environment, environment, diff)
			}
		}
	}
}

func TestDataIsEncryptedAndProtected(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		want(t, stack, "aws_db_instance.main", map[string]any{
			"storage_encrypted": true, "publicly_accessible": false, "deletion_protection": "${var.deletion_protection}",
			"allow_major_version_upgrade": "${!var.deletion_protection}",
			"skip_final_snapshot":         "${!var.db_final_snapshot}", "backup_retention_period": "${var.db_backup_retention_days}",
		})
		want(t, stack, "aws_elasticache_replication_group.main", map[string]any{
			"at_rest_encryption_enabled": "true", "transit_encryption_enabled": true, "automatic_failover_enabled": "${var.cache_replicas > 0}",
		})
		want(t, stack, "aws_lb.main", map[string]any{
			"enable_deletion_protection": "${var.deletion_protection}", "drop_invalid_header_fields": true,
		})
		want(t, stack, "aws_lb_listener.main", map[string]any{
			"ssl_policy": `${local.tls ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null}`,
		})
		parameters := stack.Resource(t, "aws_db_parameter_group.main")
		if ssl := first(t, parameters["parameter"]); ssl["name"] != "rds.force_ssl" || ssl["value"] != "1" {
			t.Errorf("the database accepts connections without TLS: %v", ssl)
		}
		if !strings.Contains(synthtest.Text(stack.Resources("aws_ssm_parameter")["database_url"]), "sslmode=require") {
			t.Error("the services would connect to PostgreSQL without TLS")
		}
		if text := synthtest.Text(stack.Resources("aws_ecs_task_definition")); !strings.Contains(text, "rediss://") || strings.Contains(text, "redis://") {
			t.Error("the services would connect to Redis without TLS")
		}
	})
}

func TestTheStateBucketIsProtected(t *testing.T) {
	account := synthtest.Stacks(t)["account"]
	bucket := account.Resource(t, "aws_s3_bucket.terraform_state")
	if lifecycle, _ := bucket["lifecycle"].(map[string]any); lifecycle["prevent_destroy"] != true {
		t.Error("terraform destroy would delete every stack's state")
	}
	want(t, account, "aws_s3_bucket_public_access_block.terraform_state", map[string]any{
		"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
	})
	if versioning, _ := account.Resource(t, "aws_s3_bucket_versioning.terraform_state")["versioning_configuration"].(map[string]any); versioning["status"] != "Enabled" {
		t.Error("a bad write of a state could not be undone")
	}
	if !strings.Contains(synthtest.Text(account.Resource(t, "aws_s3_bucket_server_side_encryption_configuration.terraform_state")), "AES256") {
		t.Error("states are not encrypted")
	}
	tls := synthtest.Text(account.Data("aws_iam_policy_document")["terraform_state"])
	for _, part := range []string{`"Deny"`, `"s3:*"`, `"aws:SecureTransport"`, `"false"`} {
		if !strings.Contains(tls, part) {
			t.Errorf("the bucket's policy lacks %s: %s", part, tls)
		}
	}
}

// Every stack's state is an object of its own, encrypted and locked.
func TestStatesAreApart(t *testing.T) {
	keys := map[any]string{}
	for name, stack := range synthtest.Stacks(t) {
		settings, _ := stack["terraform"].(map[string]any)
		backend, _ := settings["backend"].(map[string]any)
		s3, _ := backend["s3"].(map[string]any)
		if s3["key"] != name+"/terraform.tfstate" || s3["encrypt"] != true || s3["use_lockfile"] != true || s3["bucket"] == "" {
			t.Errorf("%s: backend %v", name, s3)
		}
		if other, taken := keys[s3["key"]]; taken {
			t.Errorf("%s and %s share the state %v", name, other, s3["key"])
		}
		keys[s3["key"]] = name
	}
}

func TestImagesCannotBeReplacedUnderTheirTag(t *testing.T) {
	repositories := synthtest.Stacks(t)["account"].Resources("aws_ecr_repository")
	if len(repositories) != 2 {
		t.Fatalf("%d registries, want 2", len(repositories))
	}
	for name, repository := range repositories {
		scanning, _ := repository["image_scanning_configuration"].(map[string]any)
		if repository["image_tag_mutability"] != "IMMUTABLE" || scanning["scan_on_push"] != true {
			t.Errorf("aws_ecr_repository.%s: tags %v, scanning %v", name, repository["image_tag_mutability"], scanning)
		}
	}
}

func want(t *testing.T, stack synthtest.Stack, address string, arguments map[string]any) {
	t.Helper()
	block := stack.Resource(t, address)
	for name, value := range arguments {
		if block[name] != value {
			t.Errorf("%s: %s is %v, want %v", address, name, block[name], value)
		}
	}
}
