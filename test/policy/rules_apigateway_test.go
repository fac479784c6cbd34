//go:build live

package policy

func apiGatewayRules() []rule {
	return []rule{
		{
			id: "APIGateway.8", title: "API Gateway routes should specify an authorization type",
			in: everyEnvironment(), kind: "aws_apigatewayv2_route",
			want: []property{matching("authorization_type", "^(AWS_IAM|CUSTOM|JWT)$", "NONE")},
		},
		{
			id: "APIGateway.9", title: "Access logging should be configured for API Gateway V2 Stages",
			in: everyEnvironment(), kind: "aws_apigatewayv2_stage",
			want: []property{matching("access_log_settings.0.format", "requestId", "")},
		},
		{
			id: "APIGateway.10", title: "API Gateway V2 integrations should use HTTPS for private connections",
			in: everyEnvironment(), kind: "aws_apigatewayv2_integration",
			want: []property{matching("tls_config.0.server_name_to_verify", ".", "")},
		},
		{
			id: "SEC09-BP02", title: "Enforce encryption in transit: the API's own name speaks TLS 1.2 or later",
			in: survivesTheLossOf(), kind: "aws_apigatewayv2_domain_name",
			want: []property{equal("domain_name_configuration.0.security_policy", "TLS_1_2", "TLS_1_0")},
		},
	}
}
