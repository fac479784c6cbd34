package constructs

// Compute are the defaults of the services' variables.
type Compute struct {
	ImageTag             string
	APIGatewayCPU        int // CPU units, 1024 to a vCPU
	APIGatewayMemory     int // MiB
	WorkflowEngineCPU    int // CPU units
	WorkflowEngineMemory int // MiB
	DesiredCount         int // least tasks of each service
	FargateBase          int // tasks of each service that never run on Spot
	FargateSpotWeight    int // percent of the rest that runs on Spot
	EnableExecuteCommand bool
	LogLevel             string
	LogRetentionDays     int
}

func (c Compute) inputs() []input {
	inputs := []input{
		{"image_tag", "string", "Tag of both services' images.", c.ImageTag, []rule{
			// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
			matches("image_tag", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", "an image tag of at most 128 letters, digits, dots, hyphens and underscores"),
		}},
	}
	inputs = append(inputs, fargateSize("api_gateway", c.APIGatewayCPU, c.APIGatewayMemory)...)
	inputs = append(inputs, fargateSize("workflow_engine", c.WorkflowEngineCPU, c.WorkflowEngineMemory)...)
	return append(inputs,
		whole("desired_count", "Least tasks of each service, and the first number of them.", c.DesiredCount, "0", "100", "tasks"),
		whole("fargate_base", "Tasks of each service that always run on demand.", c.FargateBase, "0", "100", "tasks"),
		whole("fargate_spot_weight", "Percent of the other tasks that run on Spot: cheaper, and taken away at two minutes' notice.", c.FargateSpotWeight, "0", "100", "percent"),
		input{"enable_execute_command", "bool", "Whether an operator may open a session in a task. It makes the tasks' file system writable.", c.EnableExecuteCommand, nil},
		input{"log_level", "string", "Least severity that the services log.", c.LogLevel, []rule{
			oneOf("log_level", `["debug", "info", "warn", "error"]`, "debug, info, warn or error"),
		}},
		input{"openai_base_url", "string", "Base URL of an OpenAI-compatible server. Empty: OpenAI's own.", "", []rule{
			matches("openai_base_url", httpURL, "an http:// or https:// URL such as https://models.example.com/v1, or empty"),
		}},
		input{"anthropic_base_url", "string", "Base URL of an Anthropic-compatible server. Empty: Anthropic's own.", "", []rule{
			matches("anthropic_base_url", httpURL, "an http:// or https:// URL such as https://models.example.com, or empty"),
		}},
		input{"outbound_allow", "string", "Address ranges and host names, comma-separated, that workflows' HTTP may reach though they are private. Empty: none.", "", []rule{
			matches("outbound_allow", "^("+outbound+"(, ?"+outbound+"){0,99})?$", "at most 100 address ranges such as 10.1.0.0/16 and host names such as crm.internal, separated by commas, or empty"),
		}},
		input{"log_retention_days", "number", "Days that CloudWatch keeps the logs.", c.LogRetentionDays, []rule{
			oneOf("log_retention_days", "["+retentions+"]", "one of "+retentions),
		}},
	)
}

// httpURL is what the services take as a base URL, or nothing.
const httpURL = `^(https?://[^/\\s]+[^\\s]*)?$`

// outbound is a host name, an address or a range of addresses.
const outbound = `([A-Za-z0-9_.-]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(/[0-9]+)?`

// retentions are the days that CloudWatch takes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
const retentions = "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653"

// fargateMemory maps CPU units to the memory sizes, in MiB, that Fargate offers with them.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
const fargateMemory = `{ "256" = [512, 1024, 2048], "512" = range(1024, 4097, 1024), "1024" = range(2048, 8193, 1024), ` +
	`"2048" = range(4096, 16385, 1024), "4096" = range(8192, 30721, 1024), "8192" = range(16384, 61441, 4096), "16384" = range(32768, 122881, 8192) }`

func fargateSize(service string, cpu, memory int) []input {
	cpuName, memoryName := service+"_cpu", service+"_memory"
	sizes := "lookup(" + fargateMemory + ", tostring(var." + cpuName + "), [])"
	return []input{
		{cpuName, "number", "CPU units of each " + hyphenated(service) + " task; 1024 is one vCPU.", cpu, []rule{
			oneOf(cpuName, "[256, 512, 1024, 2048, 4096, 8192, 16384]", "256, 512, 1024, 2048, 4096, 8192 or 16384 CPU units"),
		}},
		{memoryName, "number", "Memory of each " + hyphenated(service) + " task, in MiB.", memory, []rule{{
			"length(" + sizes + ") == 0 || contains(" + sizes + ", var." + memoryName + ")",
			memoryName + " is ${var." + memoryName + "} MiB, which Fargate does not offer with ${var." + cpuName + "} CPU units: use one of ${join(\", \", " + sizes + ")}.",
		}}},
	}
}
