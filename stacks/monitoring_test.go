package stacks_test

import (
	"bytes"
	"encoding/json"
	"net"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/service"
	"github.com/agentteam/agentteam/internal/servicetest"
	"github.com/agentteam/agentteam/internal/synthtest"
)

// The engine's own lines, at its quietest log level, and an error as the gateway logs it meet the filters that production has: each
// filter finds a line that has the number it takes.
func TestFiltersFindTheServicesLogLines(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	environment := append(servicetest.EngineEnvironment(databasetest.URL(t)), "LOG_LEVEL=error", "METRICS_ADDRESS="+busy.Addr().String()) // a lasting error
	engine := servicetest.Start(t, environment, servicetest.Build(t, servicetest.Engine), "--listen", "127.0.0.1:0")
	engine.Logged(t, contract.LogWork)
	engine.Logged(t, "no metrics")
	engine.Signal(t, syscall.SIGTERM)
	engine.Wait(t)
	var gateway bytes.Buffer
	service.NewLog(&gateway, contract.APIGateway().Name, nil).Error("panic")
	lines := strings.Split(strings.TrimSpace(engine.Log()+gateway.String()), "\n")
	filters := synthtest.Environments(t)["production"].Resources("aws_cloudwatch_log_metric_filter")
	if len(filters) != len(contract.Metrics())+2 {
		t.Errorf("%d filters, want one for each metric of the contract and the errors of two services", len(filters))
	}
	for name, filter := range filters {
		transformation, _ := filter["metric_transformation"].(map[string]any)
		if !slices.ContainsFunc(lines, func(line string) bool { return taken(t, text(filter["pattern"]), text(transformation["value"]), line) }) {
			t.Errorf("%s takes a number from none of these lines: %s\n%s", name, filter["pattern"], strings.Join(lines, "\n"))
		}
	}
}

var equals = regexp.MustCompile(`^\(\$\.(\w+) = "([^"]*)"\)$`)

// taken says whether a filter of the form { ($.a = "b") && ($.c = "d") } takes a number from a line.
func taken(t *testing.T, pattern, value, line string) bool {
	t.Helper()
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		return false
	}
	for term := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(pattern, "{ "), " }"), " && ") {
		parts := equals.FindStringSubmatch(term)
		if parts == nil {
			t.Fatalf("the test does not know the term %s of %s", term, pattern)
		}
		if fields[parts[1]] != parts[2] {
			return false
		}
	}
	field, selects := strings.CutPrefix(value, "$.")
	_, isNumber := fields[field].(float64)
	return isNumber || !selects
}

// Who looks at a metric asks for one that is published, in the namespace where it is.
func TestOwnMetricsThatAreWatchedArePublished(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		published := map[string]bool{}
		for _, filter := range stack.Resources("aws_cloudwatch_log_metric_filter") {
			transformation, _ := filter["metric_transformation"].(map[string]any)
			published[text(transformation["name"])] = transformation["namespace"] == "${local.prefix}"
		}
		seen := 0
		watched := synthtest.Text(stack.Resources("aws_cloudwatch_metric_alarm")) + strings.ReplaceAll(synthtest.Text(stack.Resources("aws_cloudwatch_dashboard")), `\"`, `"`)
		for _, pattern := range []string{`"metric_name":"([\w-]+)","namespace":"\$\{local\.prefix\}"`, `\["\$\{local\.prefix\}","([\w-]+)"`} {
			for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(watched, -1) {
				seen++
				if !published[match[1]] {
					t.Errorf("nothing publishes %s", match[1])
				}
			}
		}
		if seen < len(contract.Metrics()) {
			t.Errorf("%d own metrics are looked at, want every one of the contract: the test looks past them", seen)
		}
	})
}

// An alarm that tells nobody, or looks at two things, is none.
func TestAlarmsReachTheTopic(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for name, alarm := range stack.Resources("aws_cloudwatch_metric_alarm") {
			watched := 0
			queries, _ := alarm["metric_query"].([]any)
			for _, query := range queries {
				if fields, _ := query.(map[string]any); fields["return_data"] == true {
					watched++
				}
			}
			if watched != 1 {
				t.Errorf("%s looks at %d series", name, watched)
			}
			if actions := list(alarm["alarm_actions"]); !slices.Equal(actions, []string{"${aws_sns_topic.alarms.arn}"}) {
				t.Errorf("%s tells %v", name, actions)
			}
			if alarm["threshold"] == nil || !regexp.MustCompile(`^\$\{local\.alarm_level >= [12] \?`).MatchString(text(alarm["count"])) {
				t.Errorf("%s: threshold %v, count %v", name, alarm["threshold"], alarm["count"])
			}
		}
		want(t, stack, "aws_sns_topic_subscription.alarms_email", map[string]any{"protocol": "email", "topic_arn": "${aws_sns_topic.alarms.arn}", "endpoint": "${var.alarm_email}"})
	})
}

// A deployment is rolled back by an alarm that is there whenever it is asked for.
func TestDeploymentsAreRolledBackByAlarms(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for service, alarm := range map[string]string{"api_gateway": "gateway_errors", "workflow_engine": "engine_errors"} {
			dynamic, _ := stack.Resource(t, "aws_ecs_service."+service)["dynamic"].(map[string]any)
			block, _ := dynamic["alarms"].(map[string]any)
			content, _ := block["content"].(map[string]any)
			if block["for_each"] != "${local.alarm_level >= 2 ? [aws_cloudwatch_metric_alarm."+alarm+"[*].alarm_name] : []}" || content["rollback"] != true || content["enable"] != true {
				t.Errorf("%s: %v", service, block)
			}
			stack.Resource(t, "aws_cloudwatch_metric_alarm."+alarm)
		}
	})
}
