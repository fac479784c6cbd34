package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestAServiceIsBroughtWithinItsTargetsBounds(t *testing.T) {
	configuration := api(t)
	client := ecs.NewFromConfig(configuration)
	cluster, service := new("tasks"), new("api")
	must(t)(client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: cluster}))
	must(t)(client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: service, Cpu: new("256"), Memory: new("512"), ContainerDefinitions: []types.ContainerDefinition{{Name: service, Image: new("image")}},
	}))
	must(t)(client.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: cluster, ServiceName: service, TaskDefinition: service, DesiredCount: new(int32(2))}))
	for _, c := range []struct {
		least, most int
		want        int32
	}{{3, 5, 3}, {1, 4, 3}, {0, 1, 1}} {
		bound(t, configuration, c.least, c.most)
		services, err := client.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: cluster, Services: []string{*service}})
		if err != nil {
			t.Fatal(err)
		}
		if got := services.Services[0].DesiredCount; got != c.want {
			t.Errorf("between %d and %d are %d tasks, want %d", c.least, c.most, got, c.want)
		}
	}
}

// bound registers the service as a scalable target.
func bound(t *testing.T, configuration aws.Config, least, most int) {
	t.Helper()
	body := fmt.Sprintf(`{"ServiceNamespace": "ecs", "ResourceId": "service/tasks/api", "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": %d, "MaxCapacity": %d}`, least, most)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *configuration.BaseEndpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AnyScaleFrontendService.RegisterScalableTarget")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/application-autoscaling/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("RegisterScalableTarget answers %s", answer.Status)
	}
}
