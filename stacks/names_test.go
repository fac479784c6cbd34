package stacks_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
	"github.com/agentteam/agentteam/internal/terraform"
)

// limit is what AWS accepts as a name, in characters. A prefix leaves room for the 26 that Terraform adds.
type limit struct {
	most  int
	valid *regexp.Regexp
}

var (
	plain      = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`) // what the strictest, ElastiCache and RDS, accept
	prefix     = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*-$`)
	path       = regexp.MustCompile(`^/[a-z0-9/-]+$`)
	dotted     = regexp.MustCompile(`^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$`)
	repository = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)
)

// limits has every argument that names something in AWS, from the API reference of its service.
var limits = map[string]limit{
	"aws_apigatewayv2_api.name":                              {128, plain},
	"aws_apigatewayv2_vpc_link.name":                         {128, plain},
	"aws_appautoscaling_policy.name":                         {255, plain},
	"aws_appautoscaling_scheduled_action.name":               {255, plain},
	"aws_cloudwatch_dashboard.dashboard_name":                {255, plain},
	"aws_cloudwatch_log_metric_filter.name":                  {512, plain},
	"aws_cloudwatch_metric_alarm.alarm_name":                 {255, plain},
	"aws_cloudwatch_log_group.name":                          {512, path},
	"aws_db_instance.identifier":                             {63, plain},
	"aws_db_instance.final_snapshot_identifier":              {255, plain},
	"aws_db_parameter_group.name_prefix":                     {255 - 26, prefix},
	"aws_db_subnet_group.name":                               {255, plain},
	"aws_ecr_repository.name":                                {256, repository},
	"aws_ecs_cluster.name":                                   {255, plain},
	"aws_ecs_service.name":                                   {255, plain},
	"aws_ecs_task_definition.family":                         {255, plain},
	"aws_elasticache_replication_group.replication_group_id": {40, plain},
	"aws_elasticache_subnet_group.name":                      {255, plain},
	"aws_iam_policy.name":                                    {128, plain},
	"aws_iam_role.name":                                      {64, plain},
	"aws_lb.name":                                            {32, plain},
	"aws_lb_target_group.name":                               {32, plain},
	"aws_s3_bucket.bucket":                                   {63, plain},
	"aws_security_group.name_prefix":                         {255 - 26, prefix},
	"aws_service_discovery_private_dns_namespace.name":       {253, dotted},
	"aws_sns_topic.name":                                     {256, plain},
	"aws_ssm_parameter.name":                                 {1011, path},
	"aws_wafv2_ip_set.name":                                  {128, plain},
	"aws_wafv2_web_acl.name":                                 {128, plain},
}

// notNames are arguments that hold a name among other things.
var notNames = []string{"description", "container_definitions", "dashboard_body", "permissions_boundary"}

// known stands for what only AWS can say, and for the greatest index there is.
var known = strings.NewReplacer("${aws_vpc.main.id}", "vpc-0123456789abcdef0", "${data.aws_caller_identity.current.account_id}", "123456789012",
	"${count.index + 1}", "6")

// Terraform itself computes every name, for the shortest, the usual and the longest that the variables accept.
func TestNamesAreWithinEveryLimit(t *testing.T) {
	for _, stackName := range []string{"account", "production"} { // the other environments are production but for defaults
		stack := synthtest.Stacks(t)[stackName]
		tf := valuesOnly(t, stack, outputsOf(namesIn(t, stack)))
		for _, vars := range [][]string{
			nil,
			{"project_name=ab", "environment=cd"},
			{"project_name=" + longestProject, "environment=" + longestEnvironment},
		} {
			for address, value := range evaluate(t, tf, vars) {
				rule := limits[kindAndArgument(address)]
				if len(value) > rule.most || !rule.valid.MatchString(value) {
					t.Errorf("%s %v: %s is %q (%d characters of at most %d, %v)", stackName, vars, address, value, len(value), rule.most, rule.valid)
				}
			}
		}
	}
}

// Two environments whose long names begin alike are still apart after shortening.
func TestShortenedNamesStayDifferent(t *testing.T) {
	tf := valuesOnly(t, synthtest.Environments(t)["production"], outputsOf(namesIn(t, synthtest.Environments(t)["production"])))
	project := "project_name=" + longestProject
	one := evaluate(t, tf, []string{project, "environment=e23456789-12345a"})
	two := evaluate(t, tf, []string{project, "environment=e23456789-12345b"})
	for _, address := range []string{"aws_lb.main.name", "aws_lb_target_group.api_gateway.name", "aws_elasticache_replication_group.main.replication_group_id"} {
		if one[address] == "" || one[address] == two[address] {
			t.Errorf("%s is %q in one environment and %q in the other", address, one[address], two[address])
		}
	}
}

// namesIn finds the arguments that name something, by address. One that no limit is known for is an error.
func namesIn(t *testing.T, stack synthtest.Stack) map[string]string {
	t.Helper()
	found := map[string]string{}
	resources, _ := stack["resource"].(map[string]any)
	for kind := range resources {
		for name, block := range stack.Resources(kind) {
			for argument, value := range block {
				text, isText := value.(string)
				composed := strings.Contains(text, "local.prefix") || strings.Contains(text, "var.project_name")
				if !isText || !composed || slices.Contains(notNames, argument) {
					continue
				}
				address := kind + "." + name + "." + argument
				if _, listed := limits[kindAndArgument(address)]; !listed {
					t.Errorf("%s is a name whose limit is not in the table", address)
					continue
				}
				found[address] = known.Replace(text)
			}
		}
	}
	return found
}

func kindAndArgument(address string) string {
	parts := strings.Split(address, ".")
	return parts[0] + "." + parts[2]
}

// outputsOf shows the expressions as one output, a map by address.
func outputsOf(expressions map[string]string) map[string]any {
	return map[string]any{"names": map[string]any{"value": expressions}}
}

func evaluate(t *testing.T, tf terraform.Runner, vars []string) map[string]string {
	t.Helper()
	if _, err := tf.Plan(t.Context(), "plan", asArguments(vars)...); err != nil {
		t.Fatal(err)
	}
	plan, err := tf.ShowPlan(t.Context(), "plan")
	if err != nil {
		t.Fatal(err)
	}
	values, _ := plan.OutputChanges["names"].After.(map[string]any)
	if len(values) == 0 {
		t.Fatal("no names: the test looks at nothing")
	}
	names := map[string]string{}
	for address, value := range values {
		names[address] = fmt.Sprint(value)
	}
	return names
}
