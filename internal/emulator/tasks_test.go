package emulator_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	targets "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/agentteam/agentteam/internal/emulator"
)

// api starts an emulator and gives how AWS's own clients reach it.
func api(t *testing.T) aws.Config {
	t.Helper()
	started, err := emulator.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Stop(); err != nil {
			t.Error(err)
		}
	})
	url := started.URL()
	return aws.Config{Region: "us-east-1", BaseEndpoint: &url, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})}
}

func TestServiceLosesAStoppedTask(t *testing.T) {
	configuration := api(t)
	client := ecs.NewFromConfig(configuration)
	cluster, service := new("tasks"), new("api")
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: []string{first(t, configuration, "DescribeSubnets", "subnetId")}, SecurityGroups: []string{first(t, configuration, "DescribeSecurityGroups", "groupId")},
	}}
	must(t)(client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: cluster}))
	must(t)(client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: service, RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, Cpu: new("256"), Memory: new("512"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: service, Image: new("image")}},
	}))
	must(t)(client.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: cluster, ServiceName: service, TaskDefinition: service, DesiredCount: new(int32(2)), LaunchType: types.LaunchTypeFargate, NetworkConfiguration: network,
	}))
	ran, err := client.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: cluster, TaskDefinition: service, Group: new("service:api"), LaunchType: types.LaunchTypeFargate, Count: new(int32(1)), NetworkConfiguration: network,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // looking at it does not end it
		looked, err := client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: cluster, Tasks: []string{*ran.Tasks[0].TaskArn}})
		if err != nil {
			t.Fatal(err)
		}
		if got := aws.ToString(looked.Tasks[0].LastStatus); got != "RUNNING" {
			t.Fatalf("the task is %s before anybody stopped it", got)
		}
	}
	must(t)(client.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: cluster, Task: ran.Tasks[0].TaskArn, Reason: new("no image")}))

	services, err := client.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: cluster, Services: []string{*service}})
	if err != nil {
		t.Fatal(err)
	}
	if got := services.Services[0].RunningCount; got != 1 {
		t.Errorf("%d tasks run, want one of the two", got)
	}
	tasks, err := client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: cluster, Tasks: []string{*ran.Tasks[0].TaskArn}})
	if err != nil {
		t.Fatal(err)
	}
	if got := tasks.Tasks[0]; aws.ToString(got.StoppedReason) != "no image" || aws.ToString(got.Containers[0].Cpu) != "0" {
		t.Errorf("the task stopped because of %q with CPU %q, want the given reason and 0", aws.ToString(got.StoppedReason), aws.ToString(got.Containers[0].Cpu))
	}
}

// Terraform deletes the Cloud Map service next, and what it finds registered there it takes out itself: a task that left in
// between would fail it.
func TestTasksOfADeletedServiceLeaveCloudMap(t *testing.T) {
	configuration := api(t)
	client, discovery := ecs.NewFromConfig(configuration), servicediscovery.NewFromConfig(configuration)
	space, err := discovery.CreatePrivateDnsNamespace(t.Context(), &servicediscovery.CreatePrivateDnsNamespaceInput{Name: new("local"), Vpc: new(first(t, configuration, "DescribeVpcs", "vpcId"))})
	if err != nil {
		t.Fatal(err)
	}
	operation, err := discovery.GetOperation(t.Context(), &servicediscovery.GetOperationInput{OperationId: space.OperationId})
	if err != nil {
		t.Fatal(err)
	}
	name, err := discovery.CreateService(t.Context(), &servicediscovery.CreateServiceInput{Name: new("engine"), NamespaceId: new(operation.Operation.Targets["NAMESPACE"])})
	if err != nil {
		t.Fatal(err)
	}
	must(t)(client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: new("tasks")}))
	must(t)(client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: new("engine"), ContainerDefinitions: []types.ContainerDefinition{{Name: new("engine"), Image: new("image"), Memory: new(int32(512))}},
	}))
	must(t)(client.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: new("tasks"), ServiceName: new("engine"), TaskDefinition: new("engine"), DesiredCount: new(int32(1)),
		ServiceRegistries: []types.ServiceRegistry{{RegistryArn: name.Service.Arn}},
	}))
	must(t)(discovery.RegisterInstance(t.Context(), &servicediscovery.RegisterInstanceInput{
		ServiceId: name.Service.Id, InstanceId: new("10.0.0.1"), Attributes: map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1"},
	}))
	registered := func(want int) {
		t.Helper()
		found, err := discovery.ListInstances(t.Context(), &servicediscovery.ListInstancesInput{ServiceId: name.Service.Id})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(found.Instances); got != want {
			t.Errorf("%d tasks are in Cloud Map, want %d", got, want)
		}
	}
	registered(1)
	must(t)(client.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: new("tasks"), Service: new("engine"), Force: new(true)}))
	registered(0)
}

func TestTargetsAreAskedWhetherTheyAreHealthy(t *testing.T) {
	configuration := api(t)
	client := elb.NewFromConfig(configuration)
	group, err := client.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{
		Name: new("api"), Protocol: targets.ProtocolEnumHttp, Port: new(int32(8000)), VpcId: new(first(t, configuration, "DescribeVpcs", "vpcId")), TargetType: targets.TargetTypeEnumIp,
		HealthCheckPath: new("/health"), Matcher: &targets.Matcher{HttpCode: new("200")},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := group.TargetGroups[0].TargetGroupArn
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			t.Errorf("the health check asks for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	must(t)(client.RegisterTargets(t.Context(), &elb.RegisterTargetsInput{TargetGroupArn: arn, Targets: []targets.TargetDescription{{
		Id: new(at.Addr().String()), Port: new(int32(at.Port())),
	}}}))
	want := func(expected string) {
		t.Helper()
		health, err := client.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		got := health.TargetHealthDescriptions[0].TargetHealth
		if said := string(got.State) + " " + string(got.Reason); strings.TrimSpace(said) != expected {
			t.Errorf("the target is %s, want %s", said, expected)
		}
	}
	want("healthy")
	status = http.StatusServiceUnavailable
	want("unhealthy Target.ResponseCodeMismatch")
	server.Close()
	want("unhealthy Target.FailedHealthChecks")
}

// first is what the default network has: an element of the answer to a request of EC2.
func first(t *testing.T, configuration aws.Config, action, element string) string {
	t.Helper()
	body := post(t, *configuration.BaseEndpoint, "ec2", url.Values{"Action": {action}, "Version": {"2016-11-15"}})
	found := regexp.MustCompile("<" + element + ">([^<]+)<").FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("%s answers %s", action, body)
	}
	return found[1]
}

// must fails the test for an error, whatever else a call gives.
func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
