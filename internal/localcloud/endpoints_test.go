package localcloud

import (
	"strings"
	"testing"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/balancer"
	"github.com/agentteam/agentteam/internal/localpostgres"
)

func TestATargetGroupIsRead(t *testing.T) {
	from := &elbtypes.TargetGroup{
		TargetGroupName: new("api"), HealthCheckPath: new("/health"), HealthCheckIntervalSeconds: new(int32(30)), HealthCheckTimeoutSeconds: new(int32(5)),
		HealthyThresholdCount: new(int32(2)), UnhealthyThresholdCount: new(int32(3)), Matcher: &elbtypes.Matcher{HttpCode: new("204")},
	}
	got, err := targetGroup(from, []elbtypes.TargetGroupAttribute{{Key: new("stickiness.enabled"), Value: new("false")},
		{Key: new("deregistration_delay.timeout_seconds"), Value: new("30")}})
	want := balancer.Group{Delay: 30 * time.Second, Check: balancer.HealthCheck{
		Path: "/health", Status: 204, Interval: 30 * time.Second, Timeout: 5 * time.Second, Healthy: 2, Unhealthy: 3,
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	from.Matcher.HttpCode = new("200-299")
	if _, err := targetGroup(from, nil); err == nil || !strings.Contains(err.Error(), `health check of api must expect one status, got "200-299"`) {
		t.Errorf("a range: %v", err)
	}
}

func TestTheDoorIsTheListenerThatForwards(t *testing.T) {
	listeners := []elbtypes.Listener{
		{Protocol: elbtypes.ProtocolEnumHttp, Port: new(int32(80)), DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumRedirect}}},
		{Protocol: elbtypes.ProtocolEnumHttps, Port: new(int32(443)), DefaultActions: []elbtypes.Action{{TargetGroupArn: new("group")}}},
	}
	if got := doorURL("lb.example.com", listeners, "group"); got != "https://lb.example.com:443" {
		t.Errorf("got %s", got)
	}
	if got := doorURL("lb.example.com", listeners, "other"); got != "" {
		t.Errorf("a group that nothing forwards to: %s", got)
	}
}

func TestADatabaseIsKnownByItsURL(t *testing.T) {
	host, port, login, found := databaseURL("postgresql://mas%20ter:p%40ss@db.example.com:5432/app?sslmode=require")
	want := localpostgres.Login{User: "mas ter", Password: "p@ss", Database: "app"}
	if !found || host != "db.example.com" || port != "5432" || login != want {
		t.Errorf("got %s, %s, %+v, %t", host, port, login, found)
	}
	for _, other := range []string{"UNSET", "https://user:key@example.com", "postgres://db.example.com/app", "a\x7fb"} {
		if _, _, _, found := databaseURL(other); found {
			t.Errorf("%q counts as a database", other)
		}
	}
}
