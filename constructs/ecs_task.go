package constructs

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"

	"github.com/agentteam/agentteam/contract"
)

// workload is one service's program: its image and its environment.
type workload struct {
	name        string // in Terraform addresses
	service     contract.Service
	variables   []contract.Variable
	image       Registry
	registryARN *string            // its name in service discovery
	plain       map[string]*string // values of the variables whose source is Plain
	secrets     *Secrets           // of those whose source is Secret
}

func apiGatewayWorkload(p ECSProps) workload {
	return workload{
		name: "api_gateway", service: contract.APIGateway(), variables: contract.GatewayEnvironment(),
		image: p.Registries.APIGateway, registryARN: p.ServiceDiscovery.APIGatewayARN, secrets: p.Secrets,
		plain: withShared(p, map[string]*string{
			contract.HTTPListenHost:      new(anywhereHost),
			contract.HTTPListenPort:      text("%d", contract.APIGateway().Port),
			contract.WorkflowServiceHost: p.ServiceDiscovery.WorkflowEngineHost,
			contract.WorkflowServicePort: text("%d", contract.WorkflowEngine().Port),
		}),
	}
}

func workflowEngineWorkload(in Scope, p ECSProps) workload {
	return workload{
		name: "workflow_engine", service: contract.WorkflowEngine(), variables: contract.EngineEnvironment(),
		image: p.Registries.WorkflowEngine, registryARN: p.ServiceDiscovery.WorkflowEngineARN, secrets: p.Secrets,
		plain: withShared(p, map[string]*string{
			contract.GRPCHost:         new(anywhereHost),
			contract.GRPCPort:         text("%d", contract.WorkflowEngine().Port),
			contract.OpenAIBaseURL:    optional(in, "openai_base_url"),
			contract.AnthropicBaseURL: optional(in, "anthropic_base_url"),
			contract.OutboundAllow:    optional(in, "outbound_allow"),
		}),
	}
}

// anywhereHost makes a server listen on every interface of its task.
const anywhereHost = "0.0.0.0"

// optional is a variable's value, and contract.Unset for an empty one: ECS drops variables that are empty, and the
// provider would want to add them again with every plan.
// https://github.com/hashicorp/terraform-provider-aws/issues/39533
func optional(in Scope, variable string) *string {
	local(in, variable, X(`coalesce(var.`+variable+`, "`+contract.Unset+`")`))
	return text("${local.%s}", variable)
}

func withShared(p ECSProps, plain map[string]*string) map[string]*string {
	plain[contract.RedisURL] = p.Cache.URL
	plain[contract.DatabaseConnections] = text("${tostring(local.database_connections)}")
	plain[contract.LogLevel] = text("${var.log_level}")
	plain[contract.SecretsVersion] = text("${tostring(var.secrets_version)}")
	return plain
}

// taskDefinition declares how ECS runs a workload.
func taskDefinition(in Scope, c *cluster, w workload) (arn *string) {
	return declare(in, w.name, ecstaskdefinition.NewEcsTaskDefinition, &ecstaskdefinition.EcsTaskDefinitionConfig{
		Family:                  name(w.service.Name),
		RequiresCompatibilities: texts("FARGATE"),
		NetworkMode:             new("awsvpc"),
		Cpu:                     X("var." + w.name + "_cpu").Str(),
		Memory:                  X("var." + w.name + "_memory").Str(),
		ExecutionRoleArn:        c.executionRoleARN,
		TaskRoleArn:             taskRole(in, w.name, c.logs.Arn()),
		// Graviton: a fifth cheaper than x86 at the same size.
		RuntimePlatform: &ecstaskdefinition.EcsTaskDefinitionRuntimePlatform{
			CpuArchitecture: new("ARM64"), OperatingSystemFamily: new("LINUX"),
		},
		ContainerDefinitions: jsonencode([]container{w.container()}),
	}).Arn()
}

// container is the part of the ECS container definition that we set.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type container struct {
	Name         string        `json:"name"`
	Image        string        `json:"image"`
	Essential    bool          `json:"essential"`
	PortMappings []portMapping `json:"portMappings"`
	Environment  []variable    `json:"environment"`
	Secrets      []secret      `json:"secrets"`
	User         string        `json:"user"`
	// An expression that yields a boolean: a template that is one interpolation keeps its type.
	ReadonlyRootFilesystem string           `json:"readonlyRootFilesystem"`
	LinuxParameters        linuxParameters  `json:"linuxParameters"`
	HealthCheck            healthCheck      `json:"healthCheck"`
	StopTimeout            int              `json:"stopTimeout"`
	LogConfiguration       logConfiguration `json:"logConfiguration"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type secret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type linuxParameters struct {
	InitProcessEnabled bool `json:"initProcessEnabled"`
}

// healthCheck times are in seconds.
type healthCheck struct {
	Command     []string `json:"command"`
	Interval    int      `json:"interval"`
	Timeout     int      `json:"timeout"`
	Retries     int      `json:"retries"`
	StartPeriod int      `json:"startPeriod"`
}

type logConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

func (w workload) container() container {
	environment, secrets := w.environment()
	return container{
		Name:         w.service.Name,
		Image:        *w.image.URL.Str() + ":${var.image_tag}",
		Essential:    true,
		PortMappings: []portMapping{{ContainerPort: w.service.Port, HostPort: w.service.Port, Protocol: "tcp"}},
		Environment:  environment,
		Secrets:      secrets,
		User:         "65532", // nonroot, as distroless images have it
		// ECS Exec's agent writes into the root file system, so where it is enabled that is writable.
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
		ReadonlyRootFilesystem: "${!var.enable_execute_command}",
		LinuxParameters:        linuxParameters{InitProcessEnabled: true}, // reaps what ECS Exec leaves behind
		// The image has no shell and no curl: the program probes itself.
		HealthCheck: healthCheck{
			Command:  []string{"CMD", w.service.Binary, contract.HealthcheckCommand},
			Interval: 10, Timeout: 5, Retries: 3, StartPeriod: 30,
		},
		StopTimeout: contract.StopTimeoutSeconds,
		LogConfiguration: logConfiguration{LogDriver: "awslogs", Options: map[string]string{
			"awslogs-group":         "${aws_cloudwatch_log_group.ecs.name}",
			"awslogs-region":        "${var.aws_region}",
			"awslogs-stream-prefix": w.service.Name,
		}},
	}
}

// environment gives every variable of the contract its value. A variable without one is a fault in
// this package, found by every synth.
func (w workload) environment() (plain []variable, secrets []secret) {
	for _, v := range w.variables {
		switch v.Source {
		case contract.Plain:
			value, found := w.plain[v.Name]
			mustHave(v, found)
			plain = append(plain, variable{v.Name, *value})
		case contract.Secret:
			arn, found := w.secrets.ARN(v.Name)
			mustHave(v, found)
			secrets = append(secrets, secret{v.Name, *arn.Str()})
		case contract.Operator: // left to whoever operates the environment
		}
	}
	return plain, secrets
}

func mustHave(v contract.Variable, found bool) {
	if !found {
		panic(fmt.Sprintf("the contract has %s, which no construct gives a value: add it to ecs_task.go or secrets.go", v.Name))
	}
}
