package fargate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// Reader asks the AWS API what is deployed.
type Reader struct {
	ecs *ecs.Client
	ssm *ssm.Client

	mu          sync.Mutex
	definitions map[string]Definition // by ARN: a revision never changes
}

// NewReader makes a reader of the API that the configuration names.
func NewReader(config aws.Config) *Reader {
	return &Reader{ecs: ecs.NewFromConfig(config), ssm: ssm.NewFromConfig(config), definitions: map[string]Definition{}}
}

// Services are the active services of a cluster, in the order of their names.
func (r *Reader) Services(ctx context.Context, cluster string) ([]Service, error) {
	listed, err := r.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: &cluster})
	if err != nil || len(listed.ServiceArns) == 0 {
		return nil, err
	}
	described, err := r.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: listed.ServiceArns})
	if err != nil {
		return nil, err
	}
	var all []Service
	for i := range described.Services {
		if aws.ToString(described.Services[i].Status) == "ACTIVE" {
			all = append(all, describe(&described.Services[i]))
		}
	}
	slices.SortFunc(all, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Definition is a task definition by its ARN, or the newest active one of a family.
func (r *Reader) Definition(ctx context.Context, name string) (Definition, error) {
	r.mu.Lock()
	known, found := r.definitions[name]
	r.mu.Unlock()
	if found {
		return known, nil
	}
	answer, err := r.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &name})
	if err != nil {
		return Definition{}, fmt.Errorf("describe task definition %s: %w", name, err)
	}
	d, err := define(answer.TaskDefinition)
	if err != nil {
		return Definition{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.definitions[d.ARN] = d
	return d, nil
}

// batch is how many parameters one request takes.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
const batch = 10

// Secrets are the values that a task of this definition gets when it starts now, by the variable's name.
func (r *Reader) Secrets(ctx context.Context, of Definition) (map[string]string, error) {
	values := map[string]string{}
	for some := range slices.Chunk(of.Container.Secrets, batch) {
		names := make([]string, len(some))
		for i, secret := range some {
			names[i] = parameterName(secret.ValueFrom)
		}
		answer, err := r.ssm.GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: new(true)})
		if err != nil {
			return nil, fmt.Errorf("get the secrets of %s: %w", of.ARN, err)
		}
		if len(answer.InvalidParameters) > 0 {
			return nil, fmt.Errorf("%s takes secrets from parameters that do not exist: %s", of.ARN, strings.Join(answer.InvalidParameters, ", "))
		}
		for _, parameter := range answer.Parameters {
			for i, secret := range some {
				if names[i] == aws.ToString(parameter.Name) {
					values[secret.Name] = aws.ToString(parameter.Value)
				}
			}
		}
	}
	return values, nil
}

// parameterName is the name in a parameter's ARN, arn:aws:ssm:region:account:parameter/path/name; a name stays one.
func parameterName(valueFrom string) string {
	if _, path, found := strings.Cut(valueFrom, ":parameter/"); found {
		return "/" + path
	}
	return valueFrom
}
