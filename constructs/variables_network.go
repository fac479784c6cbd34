package constructs

import "strings"

// endpoints are the APIs that ECS and the tasks use. S3 has an endpoint anyway.
const endpoints = `"ecr.api", "ecr.dkr", "logs", "ssm", "ssmmessages", "secretsmanager"`

// Network are the defaults of the network's variables.
type Network struct {
	VPCCIDR             string
	PublicSubnetCIDRs   []string
	PrivateSubnetCIDRs  []string
	DatabaseSubnetCIDRs []string
	ExcludedZoneIDs     []string
	NATMode             string   // per_az, single or none
	InterfaceEndpoints  []string // AWS APIs that are reached inside the VPC
	FlowLogs            string   // none, rejected or all
	ALBIngressCIDRs     []string
	ALBAccessLogs       bool
	WAF                 bool
	WAFRateLimit        int // requests of one address in five minutes
	CORSAllowOrigins    []string
	ThrottlingBurst     int // requests
	ThrottlingRate      int // requests per second
	DomainName          string
	CertificateARN      string
}

func (n Network) inputs() []input {
	return []input{
		{"vpc_cidr", "string", "IPv4 range of the VPC.", n.VPCCIDR, []rule{
			{`can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 28, false)`,
				`vpc_cidr must be an IPv4 CIDR block from /16 to /28 such as 10.0.0.0/16, got "${var.vpc_cidr}".`},
		}},
		subnetCIDRs("public", "the load balancer and NAT", n.PublicSubnetCIDRs, twoZones("public_subnet_cidrs")),
		subnetCIDRs("private", "the services", n.PrivateSubnetCIDRs, twoZones("private_subnet_cidrs")),
		subnetCIDRs("database", "PostgreSQL and Redis, without a route out. Empty: they live in the private subnets",
			n.DatabaseSubnetCIDRs, inOneList(), rule{"length(var.database_subnet_cidrs) != 1",
				"database_subnet_cidrs must have at least two CIDR blocks, since RDS asks for two availability zones, or none to use the private subnets."}),
		{"excluded_zone_ids", "list(string)", "Zone ids where no subnet goes, since API Gateway's VPC links or NAT gateways are missing there.", n.ExcludedZoneIDs, []rule{
			{`alltrue([for z in var.excluded_zone_ids : can(regex("^[a-z0-9]+-az[0-9]+$", z))])`,
				`excluded_zone_ids must hold zone ids such as use1-az3 (not names such as us-east-1e), got: ${join(", ", var.excluded_zone_ids)}.`},
		}},
		{"nat_mode", "string", "NAT gateways: per_az (one for each zone), single (one for all) or none.", n.NATMode, []rule{
			oneOf("nat_mode", `["per_az", "single", "none"]`, "per_az, single or none"),
		}},
		{"interface_endpoints", "list(string)", "AWS APIs that the tasks reach inside the VPC, without NAT: names such as ecr.api.", n.InterfaceEndpoints, []rule{
			{`alltrue([for e in var.interface_endpoints : contains([` + endpoints + `], e)])`,
				`interface_endpoints must hold names out of ` + strings.ReplaceAll(endpoints, `"`, "") + `, got: ${join(", ", var.interface_endpoints)}.`},
		}},
		{"flow_logs", "string", "Connections in the VPC that are logged: none, rejected or all.", n.FlowLogs, []rule{
			oneOf("flow_logs", `["none", "rejected", "all"]`, "none, rejected or all"),
		}},
		{"alb_ingress_cidrs", "list(string)", "IPv4 ranges that may reach the load balancer.", n.ALBIngressCIDRs, []rule{
			ipv4Ranges("alb_ingress_cidrs", "0.0.0.0/0"),
		}},
		{"alb_access_logs", "bool", "Whether the load balancer logs every request, in S3, for log_retention_days.", n.ALBAccessLogs, nil},
		{"waf", "bool", "Whether a web application firewall with AWS's managed rules stands before the load balancer.", n.WAF, nil},
		whole("waf_rate_limit", "Requests in five minutes from which on the firewall blocks an address. Requests through API Gateway do not count.", n.WAFRateLimit, "10", "2000000", "requests"),
		{"cors_allow_origins", "list(string)", "Origins whose pages may call the API from a browser.", n.CORSAllowOrigins, []rule{
			{`alltrue([for o in var.cors_allow_origins : o == "*" || can(regex("^https?://[^/]+$", o))])`,
				`cors_allow_origins must hold origins such as https://app.example.com (no path), or "*", got: ${join(", ", var.cors_allow_origins)}.`},
		}},
		whole("api_throttling_burst_limit", "Requests the API accepts at once before it answers 429.", n.ThrottlingBurst, "1", "5000", "requests"),
		whole("api_throttling_rate_limit", "Requests per second the API sustains before it answers 429.", n.ThrottlingRate, "1", "10000", "requests per second"),
		{"domain_name", "string", "Host name of the API, such as api.example.com. Empty: AWS's own name. Needs certificate_arn.", n.DomainName, []rule{
			matches("domain_name", "^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\\\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+)?$", "a host name such as api.example.com, or empty"),
			{`var.domain_name == "" || var.certificate_arn != ""`,
				`domain_name is "${var.domain_name}" and certificate_arn is empty: set certificate_arn to the ARN of an ACM certificate for that name in this region.`},
			// Here as well, since two variables whose validations name each other are a cycle.
			{`var.certificate_arn == "" || var.domain_name != ""`,
				"certificate_arn is set and domain_name is empty: set domain_name to a name that the certificate covers, since API Gateway checks it when it calls the load balancer."},
		}},
		{"certificate_arn", "string", "ARN of the ACM certificate for domain_name. Empty: plain HTTP at the load balancer.", n.CertificateARN, []rule{
			matches("certificate_arn", "^(arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+)?$", "an ACM certificate's ARN such as arn:aws:acm:us-east-1:123456789012:certificate/…, or empty"),
		}},
	}
}

func subnetCIDRs(tier, purpose string, value []string, extra ...rule) input {
	name := tier + "_subnet_cidrs"
	return input{name, "list(string)", "IPv4 range of each " + tier + " subnet, one per availability zone: for " + purpose + ".", value,
		append([]rule{ipv4Ranges(name, "10.0.1.0/24"), insideVPC(name), distinct(name)}, extra...)}
}

func ipv4Ranges(name, example string) rule {
	return rule{
		"alltrue([for c in var." + name + " : can(cidrnetmask(c))])",
		name + " must hold IPv4 CIDR blocks such as " + example + `, got: ${join(", ", var.` + name + `)}.`,
	}
}

func twoZones(name string) rule {
	return rule{
		"length(var." + name + ") >= 2",
		name + " must have at least two CIDR blocks, since load balancers and databases ask for two availability zones, got ${length(var." + name + ")}.",
	}
}

// insideVPC compares each subnet's address under the VPC's mask with the VPC's own. Malformed ranges
// pass: another rule reports those. AWS makes no subnet smaller than /28.
func insideVPC(name string) rule {
	return rule{
		"alltrue([for c in var." + name + ` : try(` +
			`cidrhost(join("/", [split("/", c)[0], split("/", var.vpc_cidr)[1]]), 0) == cidrhost(var.vpc_cidr, 0)` +
			` && tonumber(split("/", c)[1]) >= tonumber(split("/", var.vpc_cidr)[1]) && tonumber(split("/", c)[1]) <= 28, true)])`,
		name + ` must lie inside vpc_cidr (${var.vpc_cidr}) and be no smaller than /28, got: ${join(", ", var.` + name + `)}.`,
	}
}

// inOneList stands with the database's variable alone: rules that name each other's variables are a cycle.
func inOneList() rule {
	const all = "concat(var.public_subnet_cidrs, var.private_subnet_cidrs, var.database_subnet_cidrs)"
	return rule{
		"length(distinct(" + all + ")) == length(" + all + ")",
		"a CIDR block may stand in one of public_subnet_cidrs, private_subnet_cidrs and database_subnet_cidrs, and once, got: ${join(\", \", " + all + ")}.",
	}
}

func distinct(name string) rule {
	return rule{
		"length(distinct(var." + name + ")) == length(var." + name + ")",
		name + ` must not repeat a CIDR block, got: ${join(", ", var.` + name + `)}.`,
	}
}
