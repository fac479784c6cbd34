package constructs

import "github.com/hashicorp/terraform-cdk-go/cdktf"

// output is a value that terraform output shows, and that scripts and other tools read.
type output struct {
	name, description string
	value             X
}

// NewOutputs declares the outputs of an environment.
func NewOutputs(in Scope) {
	for _, o := range []output{
		{"vpc_id", "VPC of the environment", "aws_vpc.main.id"},
		{"public_subnet_ids", "Subnets of the load balancer", "aws_subnet.public[*].id"},
		{"private_subnet_ids", "Subnets of the services", "aws_subnet.private[*].id"},
		{"ecs_cluster_name", "ECS cluster of both services", "aws_ecs_cluster.main.name"},
		{"ecs_cluster_arn", "ARN of the ECS cluster", "aws_ecs_cluster.main.arn"},
		{"api_gateway_service_name", "ECS service of the HTTP API", "aws_ecs_service.api_gateway.name"},
		{"workflow_engine_service_name", "ECS service of the workflow engine", "aws_ecs_service.workflow_engine.name"},
		{"load_balancer_dns_name", "Host name of the load balancer; event streams go here", "aws_lb.main.dns_name"},
		{"load_balancer_zone_id", "Route 53 zone of the load balancer, for an alias record", "aws_lb.main.zone_id"},
		{"api_gateway_url", "URL of the API for its users", `var.domain_name != "" ? "https://${var.domain_name}" : aws_apigatewayv2_api.main.api_endpoint`},
		{"api_endpoint", "AWS's own URL of the HTTP API", "aws_apigatewayv2_api.main.api_endpoint"},
		{"api_domain_target", "What a DNS record of domain_name must point to; empty without one",
			`var.domain_name != "" ? aws_apigatewayv2_domain_name.main[0].domain_name_configuration[0].target_domain_name : ""`},
		{"ecr_repository_urls", "Image registries by service",
			`{ "api-gateway" = data.aws_ecr_repository.api_gateway.repository_url, "workflow-engine" = data.aws_ecr_repository.workflow_engine.repository_url }`},
		{"image_tag", "Tag of both services' images, which later plans keep", "var.image_tag"},
		{"dashboard_url", "Page of the dashboard in the AWS console; empty without one",
			`var.dashboard ? "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards:name=${local.prefix}" : ""`},
		{"alarms_topic_arn", "SNS topic that every alarm tells, for whatever else shall hear of it", "aws_sns_topic.alarms.arn"},
		{"rds_endpoint", "Host and port of PostgreSQL", "aws_db_instance.main.endpoint"},
	} {
		o.declare(in)
	}
	output{"redis_endpoint", "Host of the Redis primary", "aws_elasticache_replication_group.main.primary_endpoint_address"}.
		declare(in).AddOverride(new("sensitive"), true)
}

// NewAccountOutputs declares the outputs of the account stack.
func NewAccountOutputs(in Scope) {
	for _, o := range []output{
		{"state_bucket", "S3 bucket of every stack's state", "aws_s3_bucket.terraform_state.id"},
		{"ecr_repository_urls", "Image registries by service",
			`{ "api-gateway" = aws_ecr_repository.api_gateway.repository_url, "workflow-engine" = aws_ecr_repository.workflow_engine.repository_url }`},
		{"deploy_role_arn", "Role that GitHub's workflows assume to deploy; empty without a repository", `var.github_repository != "" ? aws_iam_role.deploy[0].arn : ""`},
		{"plan_role_arn", "Role that GitHub's workflows assume to plan; empty without a repository", `var.github_repository != "" ? aws_iam_role.plan[0].arn : ""`},
	} {
		o.declare(in)
	}
}

func (o output) declare(in Scope) cdktf.TerraformOutput {
	return declare(in, o.name, cdktf.NewTerraformOutput, &cdktf.TerraformOutputConfig{
		Description: &o.description, Value: o.value.Str(), StaticId: new(true),
	})
}
