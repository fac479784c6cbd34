package cost

// Free are the types that cost nothing themselves, and why. A type is here or priced, or a test fails.
func Free() map[string]string {
	const (
		network = "networks and their rules are free"
		roles   = "identities are free"
		within  = "a part of a resource that is priced"
	)
	return map[string]string{
		"aws_vpc":                             network,
		"aws_subnet":                          network,
		"aws_internet_gateway":                network,
		"aws_route_table":                     network,
		"aws_route_table_association":         network,
		"aws_security_group":                  network,
		"aws_default_security_group":          network,
		"aws_vpc_security_group_ingress_rule": network,
		"aws_vpc_security_group_egress_rule":  network,
		"aws_flow_log":                        "its volume is its log group's or its bucket's",

		"aws_iam_role":                    roles,
		"aws_iam_role_policy":             roles,
		"aws_iam_role_policy_attachment":  roles,
		"aws_iam_policy":                  roles,
		"aws_iam_openid_connect_provider": roles,

		"aws_lb_target_group":                 within,
		"aws_lb_listener":                     within,
		"aws_apigatewayv2_integration":        within,
		"aws_apigatewayv2_route":              within,
		"aws_apigatewayv2_stage":              within,
		"aws_apigatewayv2_vpc_link":           "free for HTTP APIs",
		"aws_apigatewayv2_domain_name":        within,
		"aws_apigatewayv2_api_mapping":        within,
		"aws_ecs_cluster_capacity_providers":  within,
		"aws_ecs_task_definition":             "its service's tasks are priced",
		"aws_db_subnet_group":                 within,
		"aws_db_parameter_group":              within,
		"aws_elasticache_subnet_group":        within,
		"aws_service_discovery_service":       "ECS registers its tasks for free; the zone is priced",
		"aws_ssm_parameter":                   "standard parameters are free",
		"aws_ecr_lifecycle_policy":            within,
		"aws_wafv2_web_acl_association":       within,
		"aws_wafv2_ip_set":                    within,
		"aws_appautoscaling_scheduled_action": "scaling is free, what it adds is not; what nights take away is in usage.go",
		"aws_appautoscaling_target":           "scaling is free, what it adds is not",
		"aws_sns_topic":                       "an alarm's mails are within what is free",
		"aws_sns_topic_policy":                within,
		"aws_sns_topic_subscription":          within,

		"aws_s3_bucket_policy":                               within,
		"aws_s3_bucket_versioning":                           within,
		"aws_s3_bucket_public_access_block":                  within,
		"aws_s3_bucket_lifecycle_configuration":              within,
		"aws_s3_bucket_server_side_encryption_configuration": within,
	}
}
