//go:build live

package lifecycle

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	services "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	targets "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/doctor"
	"github.com/agentteam/agentteam/internal/livetest"
)

// patient is a deployed environment in which things are broken, past Terraform, as they break in life.
type patient struct {
	t           *testing.T
	aws         aws.Config
	environment string
	prefix      string
	status      atomic.Int32 // what the one target answers to its health check
}

// wantTroublesFound breaks one thing after the other. The doctor must find each, say what helps, and find nothing once it is mended.
func wantTroublesFound(t *testing.T, world *livetest.World, environment string) {
	t.Helper()
	p := &patient{t: t, aws: world.Config(t), environment: environment, prefix: contract.Project + "-" + environment}
	p.status.Store(http.StatusOK)
	p.registerTarget()
	p.wantHealthy("as deployed")

	for _, trouble := range []struct {
		name         string
		breaks       func()
		what, remedy string
		mend         func()
	}{
		{"tasks do not start", p.stopTask, p.prefix + "-api-gateway: 0 of 1 tasks run", "make images", p.startTask},
		{"health checks fail", func() { p.status.Store(http.StatusServiceUnavailable) }, "0 of 1 targets are healthy", contract.HealthPath, func() { p.status.Store(http.StatusOK) }},
		{"database is stopped", p.stopDatabase, "PostgreSQL " + p.prefix + "-db is stopped", "start-db-instance", p.startDatabase},
		{"database is unreachable", p.loseDatabase, "the services cannot reach PostgreSQL", "make diff ENV=" + environment, p.forgetLogs},
		{"API answers 5xx", p.answerFaults, "the gateway answered 4 requests with 5xx", "request_id", nil},
	} {
		trouble.breaks()
		p.wantProblem(trouble.name, trouble.what, trouble.remedy)
		if trouble.mend != nil {
			trouble.mend()
			p.wantHealthy("after: " + trouble.name)
		}
	}
}

func (p *patient) examine() []doctor.Finding {
	p.t.Helper()
	facts, err := doctor.Read(p.t.Context(), p.aws, contract.Project, p.environment)
	p.must(err)
	return doctor.Diagnose(facts)
}

func (p *patient) wantHealthy(when string) {
	p.t.Helper()
	for _, f := range p.examine() {
		if f.Severity == doctor.Problem {
			p.t.Errorf("%s, the doctor finds %+v", when, f)
		}
	}
}

func (p *patient) wantProblem(name, what, remedy string) {
	p.t.Helper()
	findings := p.examine()
	for _, f := range findings {
		if f.Severity == doctor.Problem && strings.Contains(f.What, what) && strings.Contains(f.Remedy, remedy) {
			p.t.Logf("%s: %s → %s", name, f.What, f.Remedy)
			return
		}
	}
	p.t.Errorf("%s: no problem %q with the remedy %q among %+v", name, what, remedy, findings)
}

func (p *patient) cluster() *string { return new(p.prefix + "-cluster") }

func (p *patient) gateway() *string { return new(p.prefix + "-" + contract.APIGateway().Name) }

func (p *patient) service() services.Service {
	described, err := ecs.NewFromConfig(p.aws).DescribeServices(p.t.Context(), &ecs.DescribeServicesInput{Cluster: p.cluster(), Services: []string{*p.gateway()}})
	p.must(err)
	return described.Services[0]
}

// stopTask lets the gateway's only task end as ECS ends one whose image is not there.
func (p *patient) stopTask() {
	client := ecs.NewFromConfig(p.aws)
	ran, err := client.RunTask(p.t.Context(), &ecs.RunTaskInput{
		Cluster: p.cluster(), TaskDefinition: p.gateway(), Group: new("service:" + *p.gateway()), LaunchType: "FARGATE", Count: new(int32(1)),
		NetworkConfiguration: p.service().NetworkConfiguration,
	})
	p.must(err)
	_, err = client.StopTask(p.t.Context(), &ecs.StopTaskInput{
		Cluster: p.cluster(), Task: ran.Tasks[0].TaskArn,
		Reason: new("CannotPullContainerError: failed to resolve ref agent-team/api-gateway:latest: not found"),
	})
	p.must(err)
}

func (p *patient) startTask() {
	_, err := ecs.NewFromConfig(p.aws).UpdateService(p.t.Context(), &ecs.UpdateServiceInput{Cluster: p.cluster(), Service: p.gateway(), ForceNewDeployment: true})
	p.must(err)
}

// registerTarget puts a server of this test behind the load balancer.
func (p *patient) registerTarget() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(p.status.Load())) }))
	p.t.Cleanup(server.Close)
	at, err := netip.ParseAddrPort(server.Listener.Addr().String())
	p.must(err)
	_, err = elb.NewFromConfig(p.aws).RegisterTargets(p.t.Context(), &elb.RegisterTargetsInput{
		TargetGroupArn: p.service().LoadBalancers[0].TargetGroupArn,
		Targets:        []targets.TargetDescription{{Id: new(at.Addr().String()), Port: new(int32(at.Port()))}},
	})
	p.must(err)
}

func (p *patient) stopDatabase() {
	_, err := rds.NewFromConfig(p.aws).StopDBInstance(p.t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: new(p.prefix + "-db")})
	p.must(err)
}

func (p *patient) startDatabase() {
	_, err := rds.NewFromConfig(p.aws).StartDBInstance(p.t.Context(), &rds.StartDBInstanceInput{DBInstanceIdentifier: new(p.prefix + "-db")})
	p.must(err)
}

const stream = "api-gateway/api-gateway/0"

// log writes what a service would have written.
func (p *patient) log(line string) {
	client := cloudwatchlogs.NewFromConfig(p.aws)
	group := new("/ecs/" + p.prefix)
	_, err := client.CreateLogStream(p.t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: new(stream)})
	p.must(err)
	_, err = client.PutLogEvents(p.t.Context(), &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: group, LogStreamName: new(stream),
		LogEvents: []logs.InputLogEvent{
			{Timestamp: new(time.Now().UnixMilli()), Message: new(`{"level":"INFO","msg":"call"}`)},
			{Timestamp: new(time.Now().UnixMilli()), Message: &line},
		},
	})
	p.must(err)
}

func (p *patient) loseDatabase() {
	p.log(`{"level":"WARN","msg":"cannot tell the other processes that this one is alive","error":"failed to connect to user=agentteam database=agentteam: dial error: i/o timeout"}`)
}

func (p *patient) forgetLogs() {
	_, err := cloudwatchlogs.NewFromConfig(p.aws).DeleteLogStream(p.t.Context(), &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: new("/ecs/" + p.prefix), LogStreamName: new(stream)})
	p.must(err)
}

// answerFaults records what the load balancer would have counted.
func (p *patient) answerFaults() {
	balancers, err := elb.NewFromConfig(p.aws).DescribeLoadBalancers(p.t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{p.prefix + "-alb"}})
	p.must(err)
	_, name, _ := strings.Cut(*balancers.LoadBalancers[0].LoadBalancerArn, ":loadbalancer/")
	_, err = cloudwatch.NewFromConfig(p.aws).PutMetricData(p.t.Context(), &cloudwatch.PutMetricDataInput{
		Namespace: new("AWS/ApplicationELB"),
		MetricData: []metrics.MetricDatum{{
			MetricName: new("HTTPCode_Target_5XX_Count"), Timestamp: new(time.Now()), Value: new(4.0), Unit: metrics.StandardUnitCount,
			Dimensions: []metrics.Dimension{{Name: new("LoadBalancer"), Value: &name}},
		}},
	})
	p.must(err)
}

func (p *patient) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
