package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lb"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lblistener"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lbtargetgroup"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/contract"
)

// LoadBalancer is the public door to the gateway's tasks. Long event streams come through it, since an
// API Gateway HTTP API cuts a request at 30 seconds.
//
//	listener.main (443 with a certificate, else 80) ── target group api_gateway (HTTP, GET /health)
//	listener.redirect[0] (80, only with a certificate) ── 301 to HTTPS
type LoadBalancer struct {
	ARN            *string
	TargetGroupARN *string
	Listener       lblistener.LbListener
}

// LoadBalancerProps are what the load balancer stands between.
type LoadBalancerProps struct {
	VPC            *VPC
	SecurityGroups *SecurityGroups
	AccessLogs     *AccessLogs
}

// NewLoadBalancer declares the load balancer, its target group and its listeners.
func NewLoadBalancer(in Scope, p LoadBalancerProps) *LoadBalancer {
	local(in, "tls", X(`var.certificate_arn != ""`))
	local(in, "listener_port", "local.tls ? 443 : 80")
	balancer := declare(in, "main", lb.NewLb, &lb.LbConfig{
		Name:                     nameWithin("alb", loadBalancerNameLimit),
		LoadBalancerType:         new("application"),
		Internal:                 false,
		SecurityGroups:           &[]*string{p.SecurityGroups.ALB.ID},
		Subnets:                  p.VPC.PublicSubnetIDs.List(),
		DropInvalidHeaderFields:  true,
		EnableDeletionProtection: X("var.deletion_protection").Any(),
		// Always here: the provider takes a block that is gone for one that may stay as it was.
		AccessLogs: &lb.LbAccessLogs{Bucket: p.AccessLogs.Bucket.Str(), Enabled: X("var.alb_access_logs").Any()},
		Tags:       nameTag("alb"),
	})
	target := targetGroup(in, p.VPC)
	main := mainListener(in, balancer.Arn(), target)
	redirectListener(in, balancer.Arn(), main)
	return &LoadBalancer{ARN: balancer.Arn(), TargetGroupARN: target, Listener: main}
}

func targetGroup(in Scope, vpc *VPC) (arn *string) {
	return declare(in, "api_gateway", lbtargetgroup.NewLbTargetGroup, &lbtargetgroup.LbTargetGroupConfig{
		Name:       nameWithin("api", targetGroupNameLimit),
		Port:       new(float64(contract.APIGateway().Port)),
		Protocol:   new("HTTP"),
		TargetType: new("ip"), // Fargate tasks have no instance
		VpcId:      vpc.ID,
		// Within the tasks' stop timeout: a task leaves the group before it is killed.
		DeregistrationDelay: new("30"),
		HealthCheck: &lbtargetgroup.LbTargetGroupHealthCheck{
			Enabled:            true,
			Path:               new(contract.HealthPath),
			Port:               new("traffic-port"),
			Protocol:           new("HTTP"),
			Matcher:            new("200"),
			HealthyThreshold:   new(2.0),
			UnhealthyThreshold: new(2.0),
			Interval:           new(30.0),
			Timeout:            new(5.0),
		},
		Tags: nameTag("api"),
	}).Arn()
}

func mainListener(in Scope, balancerARN, targetGroupARN *string) lblistener.LbListener {
	return declare(in, "main", lblistener.NewLbListener, &lblistener.LbListenerConfig{
		LoadBalancerArn: balancerARN,
		Port:            X("local.listener_port").Num(),
		Protocol:        X(`local.tls ? "HTTPS" : "HTTP"`).Str(),
		CertificateArn:  X("local.tls ? var.certificate_arn : null").Str(),
		// TLS 1.3 and 1.2 with forward secrecy only:
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
		SslPolicy:     X(`local.tls ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null`).Str(),
		DefaultAction: []*lblistener.LbListenerDefaultAction{{Type: new("forward"), TargetGroupArn: targetGroupARN}},
	})
}

func redirectListener(in Scope, balancerARN *string, main lblistener.LbListener) {
	declare(in, "redirect", lblistener.NewLbListener, &lblistener.LbListenerConfig{
		Count:           X("local.tls ? 1 : 0").Num(),
		LoadBalancerArn: balancerARN,
		Port:            new(float64(contract.HTTPPort)),
		Protocol:        new("HTTP"),
		DefaultAction: []*lblistener.LbListenerDefaultAction{{
			Type: new("redirect"),
			Redirect: &lblistener.LbListenerDefaultActionRedirect{
				Port: new("443"), Protocol: new("HTTPS"), StatusCode: new("HTTP_301"),
			},
		}},
		// With a first certificate, the main listener leaves port 80 before this one takes it.
		DependsOn: &[]cdktf.ITerraformDependable{main},
	})
}
