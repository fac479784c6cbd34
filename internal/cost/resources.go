package cost

import (
	"strconv"

	tfjson "github.com/hashicorp/terraform-json"
)

// priced are the types that cost money, and what AWS bills for one.
func priced() map[string]func(*bill, *tfjson.StateResource) {
	return map[string]func(*bill, *tfjson.StateResource){
		"aws_nat_gateway":                             natGateway,
		"aws_eip":                                     address,
		"aws_vpc_endpoint":                            endpoint,
		"aws_lb":                                      balancer,
		"aws_apigatewayv2_api":                        api,
		"aws_ecs_cluster":                             cluster,
		"aws_ecs_service":                             service,
		"aws_db_instance":                             database,
		"aws_elasticache_replication_group":           cache,
		"aws_cloudwatch_log_group":                    logGroup,
		"aws_cloudwatch_metric_alarm":                 alarm,
		"aws_appautoscaling_policy":                   scalingPolicy,
		"aws_cloudwatch_dashboard":                    one("dashboard", "dashboard"),
		"aws_cloudwatch_log_metric_filter":            metricFilter,
		"aws_service_discovery_private_dns_namespace": one("private DNS zone", "dns.zone"),
		"aws_wafv2_web_acl":                           firewall,
		"aws_ecr_repository":                          registry,
		"aws_s3_bucket":                               bucket,
	}
}

func one(what, price string) func(*bill, *tfjson.StateResource) {
	return func(b *bill, r *tfjson.StateResource) { b.add(r, what, price, 1, "") }
}

func natGateway(b *bill, r *tfjson.StateResource) {
	b.add(r, "NAT gateway", "nat.hour", Hours, "")
	b.add(r, "data through it", "nat.data", natGB, assumed)
}

func address(b *bill, r *tfjson.StateResource) { b.add(r, "public IPv4 address", "ipv4", Hours, "") }

// endpoint: those of the type Gateway are free.
func endpoint(b *bill, r *tfjson.StateResource) {
	if r.AttributeValues["vpc_endpoint_type"] != "Interface" {
		return
	}
	zones := float64(len(b.plan.named(r, "subnet_ids")))
	b.add(r, "interface endpoint, per zone", "endpoint.hour", Hours*zones, "")
	b.add(r, "data through it", "endpoint.data", endpointGB*zones, assumed)
}

func balancer(b *bill, r *tfjson.StateResource) {
	b.add(r, "load balancer", "alb.hour", Hours, "")
	if r.AttributeValues["internal"] != true {
		b.add(r, "public IPv4 address per zone", "ipv4", Hours*float64(len(b.plan.named(r, "subnets"))), "")
	}
	b.add(r, "load balancer capacity", "alb.lcu", lcu*Hours, assumed)
}

func api(b *bill, r *tfjson.StateResource) {
	b.add(r, "requests", "api.requests", millionRequests, assumed)
}

func cluster(b *bill, r *tfjson.StateResource) {
	settings, _ := r.AttributeValues["setting"].([]any)
	for _, each := range settings {
		if setting, _ := each.(map[string]any); setting["name"] == "containerInsights" && setting["value"] != "disabled" {
			b.add(r, "Container Insights metrics", "metric", insightsMetrics, assumed)
		}
	}
}

func database(b *bill, r *tfjson.StateResource) {
	instances, class := 1.0, text(r, "instance_class")
	if r.AttributeValues["multi_az"] == true {
		instances = 2 // the standby, and its storage
	}
	b.add(r, class, class, Hours*instances, "")
	if storage := text(r, "storage_type"); storage == "gp3" {
		b.add(r, "gp3 storage", "db.gp3", number(r, "allocated_storage")*instances, "")
	} else {
		b.unpricedf(r, "the table has no price of storage of type %q", storage)
	}
	b.add(r, "backups beyond the database's size", "db.backup", backupGBBeyondFree, assumed)
}

func cache(b *bill, r *tfjson.StateResource) {
	node := text(r, "node_type")
	b.add(r, node, node, Hours*number(r, "num_cache_clusters"), "")
}

func firewall(b *bill, r *tfjson.StateResource) {
	rules, _ := r.AttributeValues["rule"].([]any)
	b.add(r, "web ACL", "waf.acl", 1, "")
	b.add(r, "rules", "waf.rule", float64(len(rules)), "")
	b.add(r, "requests", "waf.requests", millionRequests, assumed)
}

func registry(b *bill, r *tfjson.StateResource) {
	b.add(r, "images", "ecr.storage", imageGB, assumed)
}

func bucket(b *bill, r *tfjson.StateResource) { b.add(r, "objects", "s3.storage", objectGB, assumed) }

func text(r *tfjson.StateResource, attribute string) string {
	value, _ := r.AttributeValues[attribute].(string)
	return value
}

// number reads what Terraform has as a number, or as a number's text.
func number(r *tfjson.StateResource, attribute string) float64 {
	switch value := r.AttributeValues[attribute].(type) {
	case float64:
		return value
	case interface{ Float64() (float64, error) }: // a json.Number
		n, _ := value.Float64()
		return n
	case string:
		n, _ := strconv.ParseFloat(value, 64)
		return n
	default:
		return 0
	}
}
