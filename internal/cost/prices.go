package cost

// Region is the one that the table has prices of.
const Region = "us-east-1"

// Hours is what AWS counts as a month.
const Hours = 730.0

// Price is a list price, and where it is from.
type Price struct {
	USD  float64
	Per  string // the unit that one pays for
	Page string // AWS's own page of it
	// Seen is which copy of such a page the figure was compared with last, and when.
	Seen string
}

// The copies of AWS's prices, by others, that figures were compared with, all on 2026-11-25.
const (
	seenPriceList  = "2026-11-25: what infracost's tests have of AWS's price list"
	seenReport     = "2026-11-25: infracost's estimates in public repositories"
	seenNetwork    = "2026-11-25: cloudburn.io/blog/aws-nat-gateway-pricing of 2026-02"
	seenFargate    = "2026-11-25: vantage.sh/blog/fargate-pricing"
	seenDatabase   = "2026-11-25: infratally.com/articles/aws-rds-pricing-explained-2026.html"
	seenCache      = "2026-11-25: dragonflydb.io/finops/elasticache/cache.t3.micro"
	seenCloudWatch = "2026-11-25: factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards of 2026-06"
	seenMetrics    = "2026-11-25: signoz.io/guides/cloudwatch-pricing of 2026-02"
	seenFirewall   = "2026-11-25: c3x.dev/blog/aws-waf-cost-explained"
)

const (
	pageCloudWatch = "https://aws.amazon.com/cloudwatch/pricing/"
	pageBalancer   = "https://aws.amazon.com/elasticloadbalancing/pricing/"
	pageCache      = "https://aws.amazon.com/elasticache/pricing/"
	pageDatabase   = "https://aws.amazon.com/rds/postgresql/pricing/"
	pageFargate    = "https://aws.amazon.com/fargate/pricing/"
	pageFirewall   = "https://aws.amazon.com/waf/pricing/"
	pageVPC        = "https://aws.amazon.com/vpc/pricing/"
	pageLink       = "https://aws.amazon.com/privatelink/pricing/"
)

// SpotShare is what a task on Spot costs of one on demand. AWS sets the price by the day and says up to 70 % less, which
// is what it was at on 2026-11-25 (wring.co/blog/aws-fargate-pricing-guide of 2026-03): this is an estimate.
const SpotShare = 0.30

// Prices is the table, by a name of ours.
func Prices() map[string]Price {
	return map[string]Price{
		"nat.hour":       {0.045, "hour", pageVPC, seenNetwork},
		"nat.data":       {0.045, "GB", pageVPC, seenNetwork},
		"ipv4":           {0.005, "hour", pageVPC, seenNetwork},
		"endpoint.hour":  {0.01, "hour", pageLink, seenPriceList},
		"endpoint.data":  {0.01, "GB", pageLink, seenPriceList},
		"alb.hour":       {0.0225, "hour", pageBalancer, seenPriceList},
		"alb.lcu":        {0.008, "LCU hour", pageBalancer, seenPriceList},
		"api.requests":   {1.00, "million requests", "https://aws.amazon.com/api-gateway/pricing/", seenPriceList},
		"fargate.ARM64":  {0.03238, "vCPU hour", pageFargate, seenFargate},
		"memory.ARM64":   {0.00356, "GB hour", pageFargate, seenFargate},
		"fargate.X86_64": {0.04048, "vCPU hour", pageFargate, seenFargate},
		"memory.X86_64":  {0.004445, "GB hour", pageFargate, seenFargate},

		"db.t3.micro":  {0.018, "hour", pageDatabase, seenReport},
		"db.t3.large":  {0.145, "hour", pageDatabase, seenPriceList},
		"db.t4g.micro": {0.016, "hour", pageDatabase, seenDatabase},
		"db.t4g.small": {0.032, "hour", pageDatabase, seenDatabase},
		"db.gp3":       {0.115, "GB month", pageDatabase, seenPriceList},
		"db.backup":    {0.095, "GB month", pageDatabase, seenPriceList},

		"cache.t3.micro": {0.017, "hour", pageCache, seenCache},

		"logs.in":   {0.50, "GB", pageCloudWatch, seenPriceList},
		"logs.kept": {0.03, "GB month", pageCloudWatch, seenPriceList},
		"metric":    {0.30, "metric month", pageCloudWatch, seenMetrics},
		"alarm":     {0.10, "metric month", pageCloudWatch, seenPriceList},
		"dashboard": {3.00, "dashboard month", pageCloudWatch, seenCloudWatch},

		"waf.acl":      {5.00, "web ACL month", pageFirewall, seenFirewall},
		"waf.rule":     {1.00, "rule month", pageFirewall, seenFirewall},
		"waf.requests": {0.60, "million requests", pageFirewall, seenFirewall},

		"dns.zone":    {0.50, "zone month", "https://aws.amazon.com/route53/pricing/", seenPriceList},
		"ecr.storage": {0.10, "GB month", "https://aws.amazon.com/ecr/pricing/", seenPriceList},
		"s3.storage":  {0.023, "GB month", "https://aws.amazon.com/s3/pricing/", seenPriceList},
	}
}
