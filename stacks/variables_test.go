package stacks_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
	"github.com/agentteam/agentteam/internal/terraform"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// Bad values meet the real terraform: each is refused with a message that says what to write.
func TestBadValuesAreRefusedWithTheRemedy(t *testing.T) { //nolint:tparallel // jsii takes one call at a time
	tf := valuesOnly(t, synthtest.Environments(t)["production"], nil)
	const arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
	for name, c := range map[string]struct {
		vars []string
		says string
	}{
		"region":                     {[]string{"aws_region=virginia"}, `an AWS region such as us-east-1, got "virginia"`},
		"long project":               {[]string{"project_name=" + strings.Repeat("p", 25)}, "2 to 24 lower-case letters"},
		"project with two hyphens":   {[]string{"project_name=agent--team"}, "single hyphens"},
		"long environment":           {[]string{"environment=" + strings.Repeat("e", 17)}, "2 to 16 lower-case letters"},
		"environment in upper case":  {[]string{"environment=Production"}, "lower-case"},
		"no CIDR":                    {[]string{"vpc_cidr=10.0.0.0"}, "an IPv4 CIDR block from /16 to /28 such as 10.0.0.0/16"},
		"large CIDR":                 {[]string{"vpc_cidr=10.0.0.0/8"}, "from /16 to /28"},
		"IPv6":                       {[]string{"vpc_cidr=fd00::/56"}, "IPv4"},
		"bad subnet":                 {[]string{`public_subnet_cidrs=["10.0.1.0/24","10.0.300.0/24"]`}, "public_subnet_cidrs must hold IPv4 CIDR blocks"},
		"one zone, public":           {[]string{`public_subnet_cidrs=["10.0.1.0/24"]`}, "at least two CIDR blocks"},
		"one zone, private":          {[]string{`private_subnet_cidrs=["10.0.10.0/24"]`}, "at least two CIDR blocks"},
		"one zone, database":         {[]string{`database_subnet_cidrs=["10.0.100.0/24"]`}, "or none to use the private subnets"},
		"subnet outside":             {[]string{`private_subnet_cidrs=["10.1.10.0/24","10.0.20.0/24"]`}, "inside vpc_cidr (10.0.0.0/16)"},
		"subnet twice":               {[]string{`private_subnet_cidrs=["10.0.10.0/24","10.0.10.0/24"]`}, "must not repeat"},
		"subnet too small":           {[]string{`private_subnet_cidrs=["10.0.10.0/29","10.0.20.0/24"]`}, "no smaller than /28"},
		"subnet in two lists":        {[]string{`private_subnet_cidrs=["10.0.1.0/24","10.0.20.0/24"]`}, "a CIDR block may stand in one of"},
		"zone by name":               {[]string{`excluded_zone_ids=["us-east-1e"]`}, "zone ids such as use1-az3"},
		"name that AWS keeps":        {[]string{"project_name=aws-agents"}, "must not start with aws"},
		"NAT mode":                   {[]string{"nat_mode=two"}, "per_az, single or none"},
		"ingress range":              {[]string{`alb_ingress_cidrs=["everyone"]`}, "alb_ingress_cidrs must hold IPv4 CIDR blocks"},
		"origin with a path":         {[]string{`cors_allow_origins=["https://app.example.com/"]`}, "no path"},
		"burst":                      {[]string{"api_throttling_burst_limit=0"}, "from 1 to 5000 requests, got 0"},
		"rate":                       {[]string{"api_throttling_rate_limit=10001"}, "from 1 to 10000 requests per second"},
		"domain without certificate": {[]string{"domain_name=api.example.com"}, "set certificate_arn to the ARN"},
		"certificate without domain": {[]string{"certificate_arn=" + arn}, "set domain_name to a name that the certificate covers"},
		"no certificate":             {[]string{"certificate_arn=mine", "domain_name=api.example.com"}, "an ACM certificate's ARN"},
		"domain with a scheme":       {[]string{"domain_name=https://api.example.com", "certificate_arn=" + arn}, "a host name such as api.example.com"},
		"image tag":                  {[]string{"image_tag=a b"}, "an image tag of at most 128"},
		"CPU":                        {[]string{"api_gateway_cpu=500"}, "256, 512, 1024"},
		"memory of the gateway":      {[]string{"api_gateway_cpu=256", "api_gateway_memory=4096"}, "use one of 512, 1024, 2048"},
		"memory of the engine":       {[]string{"workflow_engine_memory=2049"}, "workflow_engine_memory is 2049 MiB, which Fargate does not offer with 1024 CPU units"},
		"half a task":                {[]string{"desired_count=1.5"}, "a whole number from 0 to 100 tasks, got 1.5"},
		"Spot":                       {[]string{"fargate_spot_weight=101"}, "from 0 to 100 percent"},
		"log level":                  {[]string{"log_level=trace"}, "debug, info, warn or error"},
		"base URL of models":         {[]string{"openai_base_url=models.example.com/v1"}, "openai_base_url must be an http:// or https:// URL"},
		"base URL without a host":    {[]string{"anthropic_base_url=https://"}, "anthropic_base_url must be an http:// or https:// URL"},
		"private targets":            {[]string{"outbound_allow=http://crm.internal"}, "separated by commas"},
		"private targets, one empty": {[]string{"outbound_allow=crm.internal,,10.1.0.0/16"}, `got "crm.internal,,10.1.0.0/16"`},
		"retention":                  {[]string{"log_retention_days=10"}, "1, 3, 5, 7, 14, 30"},
		"API without endpoint":       {[]string{`interface_endpoints=["s3"]`}, "names out of ecr.api, ecr.dkr, logs"},
		"flow logs":                  {[]string{"flow_logs=some"}, "none, rejected or all"},
		"firewall's limit":           {[]string{"waf_rate_limit=1"}, "from 10 to 2000000 requests"},
		"most tasks":                 {[]string{"max_count=101"}, "from 0 to 100 tasks"},
		"CPU to follow":              {[]string{"scale_cpu_percent=5"}, "from 10 to 95 percent"},
		"memory to follow":           {[]string{"scale_memory_percent=100"}, "from 10 to 95 percent"},
		"requests to follow":         {[]string{"scale_requests_per_task=0"}, "from 1 to 1000000 requests a minute"},
		"steps to follow":            {[]string{"scale_tasks_per_engine=0"}, "from 1 to 1000 steps"},
		"night without an end":       {[]string{"night_begins=cron(0 20 ? * MON-FRI *)"}, "set both, or neither"},
		"night that is no schedule":  {[]string{"night_begins=20:00", "night_ends=cron(0 6 ? * MON-FRI *)"}, "a schedule such as cron(0 20 ? * MON-FRI *)"},
		"time zone":                  {[]string{"night_timezone=+02:00"}, "a time zone such as UTC or Europe/Berlin"},
		"alarms":                     {[]string{"alarms=some"}, "none, few or all"},
		"alarm to nobody":            {[]string{"alarm_email=operators"}, "an e-mail address"},
		"errors":                     {[]string{"alarm_error_percent=0"}, "from 1 to 100 percent"},
		"latency":                    {[]string{"alarm_latency_seconds=0.5"}, "a whole number from 1 to 300 seconds"},
		"CPU to alarm":               {[]string{"alarm_cpu_percent=101"}, "from 1 to 100 percent"},
		"memory to alarm":            {[]string{"alarm_memory_percent=0"}, "from 1 to 100 percent"},
		"free storage":               {[]string{"alarm_db_free_storage_gib=0"}, "from 1 to 65536 GiB"},
		"connections":                {[]string{"alarm_db_connections=0"}, "from 1 to 5000 connections"},
		"evictions":                  {[]string{"alarm_cache_evictions=-1"}, "from 0 to 1000000 keys"},
		"cost of models":             {[]string{"alarm_model_cost_usd=0"}, "from 1 to 1000000 US dollars"},
		"instance class":             {[]string{"db_instance_class=t3.micro"}, "such as db.t3.micro"},
		"engine version":             {[]string{"db_engine_version=sixteen"}, "such as 16 or 16.8"},
		"storage":                    {[]string{"db_allocated_storage=5"}, "from 20 to 65536 GiB"},
		"storage that cannot grow":   {[]string{"db_allocated_storage=200"}, "must not be below db_allocated_storage (200 GiB)"},
		"backups":                    {[]string{"db_backup_retention_days=0"}, "from 1 to 35 days"},
		"node type":                  {[]string{"cache_node_type=db.t3.micro"}, "such as cache.t3.micro"},
		"Redis version":              {[]string{"cache_engine_version=6.2"}, "a Redis 7 version"},
		"replicas":                   {[]string{"cache_replicas=6"}, "from 0 to 5 nodes"},
		"version of the secrets":     {[]string{"secrets_version=0"}, "start at 1"},
		"Supabase's URL":             {[]string{"supabase_url=project.supabase.co"}, "a URL such as https://project.supabase.co"},
		"key with a line end":        {[]string{"openai_api_key=sk-secret\n"}, "one word without spaces"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // terraform alone: the JSON is made already
			_, err := tf.Plan(t.Context(), "plan", append(asArguments(c.vars), "-lock=false")...)
			if err == nil {
				t.Fatalf("terraform accepts %q", c.vars)
			}
			if said := unwrapped(err.Error()); !strings.Contains(said, c.says) {
				t.Errorf("%q is refused without %q:\n%s", c.vars, c.says, said)
			} else if strings.Contains(said, "sk-secret") {
				t.Errorf("the message shows the secret:\n%s", said)
			}
		})
	}
}

func TestGoodValuesAreAccepted(t *testing.T) {
	tf := valuesOnly(t, synthtest.Environments(t)["production"], nil)
	for name, vars := range map[string][]string{
		"defaults":            nil,
		"three zones":         {`public_subnet_cidrs=["10.0.1.0/24","10.0.2.0/24","10.0.3.0/24"]`, `private_subnet_cidrs=["10.0.10.0/24","10.0.20.0/24","10.0.30.0/24"]`},
		"no database subnets": {"database_subnet_cidrs=[]"},
		"no ingress":          {"alb_ingress_cidrs=[]"},
		"another VPC": {
			"vpc_cidr=172.16.0.0/16", "database_subnet_cidrs=[]",
			`public_subnet_cidrs=["172.16.1.0/24","172.16.2.0/24"]`, `private_subnet_cidrs=["172.16.3.0/24","172.16.4.0/24"]`,
		},
		"domain and certificate":      {"domain_name=api.example.com", "certificate_arn=arn:aws:acm:us-east-1:123456789012:certificate/x"},
		"another partition":           {"aws_region=us-gov-west-1", "domain_name=api.example.com", "certificate_arn=arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/x"},
		"smallest task":               {"api_gateway_cpu=256", "api_gateway_memory=512"},
		"largest task":                {"workflow_engine_cpu=16384", "workflow_engine_memory=122880"},
		"longest names":               {"project_name=" + longestProject, "environment=" + longestEnvironment},
		"nights":                      {"night_begins=cron(0 20 ? * MON-FRI *)", "night_ends=cron(0 6 ? * MON-FRI *)", "night_timezone=Europe/Berlin"},
		"alarms by mail":              {"alarms=few", "alarm_email=operators@example.com"},
		"endpoints instead of NAT":    {"nat_mode=none", `interface_endpoints=["ecr.api","ecr.dkr","logs","ssm","ssmmessages","secretsmanager"]`, "flow_logs=all"},
		"all keys":                    {"supabase_url=https://p.supabase.co", "supabase_anon_key=a", "supabase_service_role_key=b", "openai_api_key=c", "anthropic_api_key=d"},
		"models and private targets":  {"openai_base_url=http://10.1.2.3:8000/v1", "anthropic_base_url=https://models.example.com", "outbound_allow=10.1.0.0/16, crm.internal,fd00::/8"},
		"the original's own settings": {"log_retention_days=7", "nat_mode=per_az", "db_instance_class=db.t3.micro", "database_subnet_cidrs=[]"},
	} {
		if _, err := tf.Plan(t.Context(), "plan", asArguments(vars)...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryVariableIsDescribedTypedAndUsed(t *testing.T) {
	for name, stack := range synthtest.Stacks(t) {
		used := synthtest.Text(stack["resource"]) + synthtest.Text(stack["data"]) + synthtest.Text(stack["locals"]) +
			synthtest.Text(stack["provider"]) + synthtest.Text(stack["output"])
		if name == "account" {
			used += "var.environment" // the provider's tags
		}
		for variable, block := range stack.Variables() {
			if block["type"] == nil || block["description"] == nil || block["default"] == nil {
				t.Errorf("%s: var.%s lacks a type, a description or a default: %v", name, variable, block)
			}
			if !regexp.MustCompile(`var\.` + variable + `\b`).MatchString(used) {
				t.Errorf("%s: var.%s is not used", name, variable)
			}
		}
	}
}

// longestProject and longestEnvironment are names of the greatest length that the variables accept.
const (
	longestProject     = "a23456789-123456789-1234"
	longestEnvironment = "e23456789-123456"
)

// valuesOnly is a stack's variables and locals, with outputs of one's own: terraform evaluates those in a
// tenth of a second, since it needs no provider.
func valuesOnly(t *testing.T, stack synthtest.Stack, outputs map[string]any) terraform.Runner {
	t.Helper()
	folder := t.TempDir()
	module := map[string]any{"variable": stack["variable"], "locals": stack["locals"]}
	if len(outputs) > 0 {
		module["output"] = outputs
	}
	config, err := json.MarshalIndent(module, "", " ") // short lines: terraform quotes them
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cdk.tf.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	tf := terraform.Runner{Binary: terraformBinary(t), Dir: folder, Output: new(bytes.Buffer), Env: []string{"CHECKPOINT_DISABLE=1"}}
	if err := tf.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tf
}

func terraformBinary(t *testing.T) string {
	t.Helper()
	tools, err := toolchain.Default(os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := tools.Terraform(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func asArguments(vars []string) []string {
	arguments := make([]string, len(vars))
	for i, v := range vars {
		arguments[i] = "-var=" + v
	}
	return arguments
}

// unwrapped undoes the line breaks and the frame that terraform puts around its diagnostics.
func unwrapped(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "│", " ")), " ")
}
