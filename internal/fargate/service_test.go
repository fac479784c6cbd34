package fargate

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestAServiceIsRead(t *testing.T) {
	got := describe(&types.Service{
		ClusterArn: new("cluster"), ServiceName: new("team-app"), DesiredCount: 2, TaskDefinition: new("team-app:3"),
		DeploymentConfiguration: &types.DeploymentConfiguration{MinimumHealthyPercent: new(int32(0)), MaximumPercent: new(int32(150))},
		Deployments:             []types.Deployment{{Status: new("ACTIVE"), Id: new("old")}, {Status: new("PRIMARY"), Id: new("new")}},
		LoadBalancers:           []types.LoadBalancer{{TargetGroupArn: new("group"), ContainerPort: new(int32(8000))}},
		ServiceRegistries:       []types.ServiceRegistry{{RegistryArn: new("registry")}},
	})
	want := Service{
		Cluster: "cluster", Name: "team-app", Desired: 2, Deployment: "new team-app:3", Definition: "team-app:3",
		MinimumHealthy: 0, Maximum: 150, TargetGroups: []TargetGroup{{"group", 8000}}, DiscoveryService: "registry",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if bare := describe(&types.Service{}); bare.MinimumHealthy != 100 || bare.Maximum != 200 {
		t.Errorf("what is not said: %+v", bare)
	}
}
