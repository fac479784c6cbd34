package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2api"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2apimapping"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2domainname"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2integration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2route"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2stage"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayv2vpclink"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
)

// APIGatewayProps are what the API leads to.
type APIGatewayProps struct {
	VPC            *VPC
	SecurityGroups *SecurityGroups
	LoadBalancer   *LoadBalancer
}

// NewAPIGateway declares the HTTP API: throttled, logged, and with the custom domain when there is one.
//
//	api.main ── route.default ($default) ── integration.alb ── vpc_link.main ── the load balancer's listener
func NewAPIGateway(in Scope, p APIGatewayProps) {
	api := declare(in, "main", apigatewayv2api.NewApigatewayv2Api, &apigatewayv2api.Apigatewayv2ApiConfig{
		Name:              name("api"),
		ProtocolType:      new("HTTP"),
		CorsConfiguration: cors(),
	}).Id()
	integration := integrationToLoadBalancer(in, api, p)
	declare(in, "default", apigatewayv2route.NewApigatewayv2Route, &apigatewayv2route.Apigatewayv2RouteConfig{
		ApiId:    api,
		RouteKey: new("$default"),
		Target:   text("integrations/%s", *integration.Id()),
	})
	customDomain(in, api, stage(in, api))
}

func cors() *apigatewayv2api.Apigatewayv2ApiCorsConfiguration {
	return &apigatewayv2api.Apigatewayv2ApiCorsConfiguration{
		AllowOrigins:  X("var.cors_allow_origins").List(),
		AllowMethods:  texts("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
		AllowHeaders:  texts("authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id"),
		ExposeHeaders: texts("etag", "retry-after", "x-request-id"),
		MaxAge:        new(300.0),
	}
}

func integrationToLoadBalancer(in Scope, api *string, p APIGatewayProps) apigatewayv2integration.Apigatewayv2Integration {
	link := declare(in, "main", apigatewayv2vpclink.NewApigatewayv2VpcLink, &apigatewayv2vpclink.Apigatewayv2VpcLinkConfig{
		Name:             name("vpc-link"),
		SecurityGroupIds: &[]*string{p.SecurityGroups.VPCLink.ID},
		SubnetIds:        p.VPC.PrivateSubnetIDs.List(),
		// A link's subnets and groups are fixed, and AWS keeps one that an integration uses.
		Lifecycle: newFirst(),
	})
	integration := declare(in, "alb", apigatewayv2integration.NewApigatewayv2Integration, &apigatewayv2integration.Apigatewayv2IntegrationConfig{
		ApiId:             api,
		IntegrationType:   new("HTTP_PROXY"),
		IntegrationMethod: new("ANY"),
		IntegrationUri:    p.LoadBalancer.Listener.Arn(),
		ConnectionType:    new("VPC_LINK"),
		ConnectionId:      link.Id(),
	})
	// Without this, API Gateway speaks plain HTTP to an HTTPS listener and every request fails.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-private-integration.html
	integration.AddOverride(new("dynamic.tls_config"), map[string]any{
		"for_each": "${local.tls ? [var.domain_name] : []}",
		"content":  map[string]any{"server_name_to_verify": "${tls_config.value}"},
	})
	return integration
}

// stage is the $default one: a named stage would put its name in front of every path that reaches the
// integration. The resource is still called main.
func stage(in Scope, api *string) (id *string) {
	logs := declare(in, "api_gateway", cloudwatchloggroup.NewCloudwatchLogGroup, &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Name:            text("/aws/apigateway/${local.prefix}"),
		RetentionInDays: X("var.log_retention_days").Num(),
	})
	return declare(in, "main", apigatewayv2stage.NewApigatewayv2Stage, &apigatewayv2stage.Apigatewayv2StageConfig{
		ApiId:      api,
		Name:       new("$default"),
		AutoDeploy: true,
		AccessLogSettings: &apigatewayv2stage.Apigatewayv2StageAccessLogSettings{
			DestinationArn: logs.Arn(),
			Format:         jsonencode(accessLog()),
		},
		DefaultRouteSettings: &apigatewayv2stage.Apigatewayv2StageDefaultRouteSettings{
			DetailedMetricsEnabled: true,
			ThrottlingBurstLimit:   X("var.api_throttling_burst_limit").Num(),
			ThrottlingRateLimit:    X("var.api_throttling_rate_limit").Num(),
		},
		Lifecycle: newFirst(), // AWS keeps a stage that a domain name leads to
	}).Id()
}

// accessLog is one JSON line per request. It holds no header, so no token is ever logged.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
func accessLog() map[string]string {
	return map[string]string{
		"requestId":        "$context.requestId",
		"requestTime":      "$context.requestTime",
		"sourceIp":         "$context.identity.sourceIp",
		"httpMethod":       "$context.httpMethod",
		"path":             "$context.path",
		"protocol":         "$context.protocol",
		"status":           "$context.status",
		"responseLength":   "$context.responseLength",
		"responseLatency":  "$context.responseLatency",
		"integrationError": "$context.integrationErrorMessage",
	}
}

func customDomain(in Scope, api, stage *string) {
	declare(in, "main", apigatewayv2domainname.NewApigatewayv2DomainName, &apigatewayv2domainname.Apigatewayv2DomainNameConfig{
		Count:      X(`var.domain_name != "" ? 1 : 0`).Num(),
		DomainName: X("var.domain_name").Str(),
		DomainNameConfiguration: &apigatewayv2domainname.Apigatewayv2DomainNameDomainNameConfiguration{
			CertificateArn: X("var.certificate_arn").Str(),
			EndpointType:   new("REGIONAL"),
			SecurityPolicy: new("TLS_1_2"),
		},
	})
	declare(in, "main", apigatewayv2apimapping.NewApigatewayv2ApiMapping, &apigatewayv2apimapping.Apigatewayv2ApiMappingConfig{
		Count:      X(`var.domain_name != "" ? 1 : 0`).Num(),
		ApiId:      api,
		DomainName: X("aws_apigatewayv2_domain_name.main[0].id").Str(),
		Stage:      stage,
	})
}
