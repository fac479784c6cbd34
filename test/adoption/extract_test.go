//go:build live

package adoption

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// sliceTypes are the resource types of the slice: the network, the load balancer and the API. Whatever a
// construct declares of these types, the HCL must declare too.
func sliceTypes() []string {
	return []string{
		"aws_vpc", "aws_default_security_group", "aws_subnet", "aws_internet_gateway", "aws_eip", "aws_nat_gateway",
		"aws_route_table", "aws_route_table_association", "aws_vpc_endpoint",
		"aws_lb", "aws_lb_target_group", "aws_lb_listener",
		"aws_apigatewayv2_api", "aws_apigatewayv2_vpc_link", "aws_apigatewayv2_integration", "aws_apigatewayv2_route",
		"aws_apigatewayv2_stage", "aws_apigatewayv2_domain_name", "aws_apigatewayv2_api_mapping",
	}
}

// sliceNames are those resources of other types that the slice refers to.
func sliceNames() map[string][]string {
	return map[string][]string{
		"aws_security_group":       {"alb", "vpc_link", "endpoints"},
		"aws_s3_bucket":            {"alb_logs"},
		"aws_s3_bucket_policy":     {"alb_logs"},
		"aws_cloudwatch_log_group": {"api_gateway"},
	}
}

// sliceData are the types of what the slice looks up; of the policies, the log bucket's alone.
func sliceData() []string {
	return []string{"aws_availability_zones", "aws_caller_identity", "aws_partition", "aws_iam_policy_document"}
}

// configuration is Terraform JSON, as far as the slice needs it: variables, locals and versions stay as they
// are, and what is not named here (outputs, the state backend, removed and ephemeral blocks) is left out.
type configuration struct {
	Terraform struct {
		RequiredVersion   string         `json:"required_version"`
		RequiredProviders map[string]any `json:"required_providers"`
	} `json:"terraform"`
	Provider  map[string]any            `json:"provider"`
	Variables map[string]any            `json:"variable"`
	Locals    map[string]any            `json:"locals"`
	Data      map[string]map[string]any `json:"data"`
	Resources map[string]map[string]any `json:"resource"`
}

// sliceOf takes the slice out of a stack.
func sliceOf(stack []byte) ([]byte, error) {
	var c configuration
	if err := json.Unmarshal(stack, &c); err != nil {
		return nil, fmt.Errorf("read the synthesized stack: %w", err)
	}
	names := sliceNames()
	maps.DeleteFunc(c.Resources, func(kind string, _ map[string]any) bool {
		return !slices.Contains(sliceTypes(), kind) && names[kind] == nil
	})
	for kind, wanted := range names {
		maps.DeleteFunc(c.Resources[kind], func(name string, _ any) bool { return !slices.Contains(wanted, name) })
	}
	maps.DeleteFunc(c.Data, func(kind string, _ map[string]any) bool { return !slices.Contains(sliceData(), kind) })
	maps.DeleteFunc(c.Data["aws_iam_policy_document"], func(name string, _ any) bool { return name != "alb_logs" })
	return json.Marshal(c)
}
