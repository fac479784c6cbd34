package stacks

import (
	"github.com/agentteam/agentteam/constructs"
	"github.com/agentteam/agentteam/contract"
)

// Environments are the environments there are, in the order in which a change travels through them.
func Environments() []Config {
	return []Config{Development(), Staging(), Production()}
}

func environmentNames() []string {
	environments := Environments()
	names := make([]string, len(environments))
	for i, c := range environments {
		names[i] = c.Variables.Environment
	}
	return names
}

// Development is the cheapest that still has every part: one of each, on Spot, nothing protected.
func Development() Config {
	c := base("development")
	c.Variables.DesiredCount = 1
	c.Variables.FargateSpotWeight = 100
	c.Variables.NATMode = "single"
	c.Variables.DBBackupRetentionDays = 1
	c.Variables.LogRetentionDays = 7
	c.Variables.LogLevel = "debug"
	c.Variables.EnableExecuteCommand = true
	c.Variables.NightBegins = "cron(0 20 ? * MON-FRI *)"
	c.Variables.NightEnds = "cron(0 6 ? * MON-FRI *)"
	return c
}

// Staging is production's shape at development's size.
func Staging() Config {
	c := base("staging")
	c.Variables.DesiredCount = 1
	c.Variables.NATMode = "single"
	c.Variables.DBBackupRetentionDays = 7
	c.Variables.LogRetentionDays = 14
	c.Variables.EnableExecuteCommand = true
	c.Variables.MaxCount = 2
	c.Variables.Alarms = "few"
	c.Variables.Dashboard = true
	return c
}

// Production survives the loss of a zone and refuses to be deleted.
func Production() Config {
	c := base("production")
	c.Variables.DesiredCount = 2
	c.Variables.FargateBase = 2
	c.Variables.MaxCount = 3
	c.Variables.Alarms = "all"
	c.Variables.Dashboard = true
	c.Variables.NATMode = "per_az"
	c.Variables.FlowLogs = "rejected"
	c.Variables.ALBAccessLogs = true
	c.Variables.WAF = true
	c.Variables.DBMultiAZ = true
	c.Variables.DBBackupRetentionDays = 14
	c.Variables.DBFinalSnapshot = true
	c.Variables.CacheReplicas = 1
	c.Variables.LogRetentionDays = 30
	c.Variables.DeletionProtection = true
	return c
}

// base is what the environments have in common.
func base(name string) Config {
	return Config{
		State: state(),
		Variables: constructs.VariablesProps{
			Common: common(name),
			Network: constructs.Network{
				VPCCIDR:             "10.0.0.0/16",
				PublicSubnetCIDRs:   []string{"10.0.1.0/24", "10.0.2.0/24"},
				PrivateSubnetCIDRs:  []string{"10.0.10.0/24", "10.0.20.0/24"},
				DatabaseSubnetCIDRs: []string{"10.0.100.0/24", "10.0.110.0/24"},
				// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
				// https://repost.aws/knowledge-center/nat-gateway-availability-zone
				ExcludedZoneIDs:    []string{"use1-az3", "usw1-az2", "apne1-az3", "cac1-az3", "euw3-az2"},
				InterfaceEndpoints: []string{},
				FlowLogs:           "none",
				WAFRateLimit:       2000,
				ALBIngressCIDRs:    []string{"0.0.0.0/0"},
				CORSAllowOrigins:   []string{"*"},
				ThrottlingBurst:    5000,
				ThrottlingRate:     10000,
			},
			Compute: constructs.Compute{
				ImageTag:             "v0.1.0",
				APIGatewayCPU:        512,
				APIGatewayMemory:     1024,
				WorkflowEngineCPU:    1024,
				WorkflowEngineMemory: 2048,
				LogLevel:             "info",
			},
			Scaling: constructs.Scaling{
				MaxCount:            1,
				ScaleCPUPercent:     60,
				ScaleMemoryPercent:  75,
				ScaleRequests:       3000,
				ScaleTasksPerEngine: 60,
				NightTimezone:       "UTC",
			},
			Monitoring: constructs.Monitoring{
				Alarms:                "none",
				AlarmErrorPercent:     5,
				AlarmLatencySeconds:   5,
				AlarmCPUPercent:       85,
				AlarmMemoryPercent:    85,
				AlarmDBFreeStorageGiB: 5,
				AlarmDBConnections:    60,
				AlarmCacheEvictions:   100,
				AlarmModelCostUSD:     50,
			},
			Data: constructs.Data{
				DBInstanceClass:       "db.t3.micro",
				DBEngineVersion:       "16",
				DBAllocatedStorage:    20,
				DBMaxAllocatedStorage: 100,
				CacheNodeType:         "cache.t3.micro",
				CacheEngineVersion:    "7.1",
			},
		},
	}
}

func common(environment string) constructs.Common {
	return constructs.Common{Region: "us-east-1", ProjectName: contract.Project, Environment: environment}
}

// state is the one bucket of all stacks. Bucket names are taken world-wide: in an account of your own,
// write your own here.
func state() State {
	return State{Bucket: contract.Project + "-terraform-state", Region: "us-east-1"}
}
