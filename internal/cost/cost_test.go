package cost_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/cost"
)

// Every type that a stack declares is priced or known to be free: none is ignored.
func TestEveryDeclaredTypeIsKnown(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/*.json")
	if err != nil || len(goldens) < 4 {
		t.Fatalf("goldens: %v, %v", goldens, err)
	}
	for _, golden := range goldens {
		var stack struct{ Resource map[string]any }
		read(t, golden, &stack)
		for kind := range stack.Resource {
			if !cost.Known(kind) {
				t.Errorf("%s declares %s: price it in internal/cost/resources.go, or say in free.go why it is free", golden, kind)
			}
		}
	}
}

func TestPricesHaveTheirSources(t *testing.T) {
	for name, p := range cost.Prices() {
		if p.USD <= 0 || p.Per == "" || !strings.HasPrefix(p.Page, "https://aws.amazon.com/") || !regexp.MustCompile(`^20\d\d-\d\d-\d\d: .`).MatchString(p.Seen) {
			t.Errorf("%s lacks a price, a unit, AWS's page, or when and where it was seen: %+v", name, p)
		}
	}
	for kind, why := range cost.Free() {
		if why == "" {
			t.Errorf("%s is free for no reason", kind)
		}
	}
}

func TestEstimate(t *testing.T) {
	const a = 730
	for name, want := range map[string]float64{
		"aws_nat_gateway.main NAT gateway":            2 * a * 0.045,
		"aws_nat_gateway.main data through it":        2 * 10 * 0.045,
		"aws_lb.main public IPv4 address per zone":    2 * a * 0.005,
		"aws_ecs_service.one vCPU of tasks":           3 * a * 0.5 * 0.03238, // the base of 2, and half of the other 2
		"aws_ecs_service.one vCPU of tasks on Spot":   1 * a * 0.5 * 0.03238 * 0.3,
		"aws_ecs_service.one memory of tasks":         3 * a * 1 * 0.00356,
		"aws_ecs_service.one memory of tasks on Spot": 1 * a * 1 * 0.00356 * 0.3,
		"aws_db_instance.main db.t3.micro":            2 * a * 0.018,
		"aws_ecs_service.days vCPU of tasks by day":   a * 70.0 / 168 * 0.5 * 0.03238,

		"aws_cloudwatch_metric_alarm.* metrics that alarms look at": 3 * 0.10,
		"aws_appautoscaling_policy.* metrics that alarms look at":   2 * 0.10,
		"aws_cloudwatch_log_metric_filter.* metrics of log lines":   0.30,
		"aws_cloudwatch_log_group.ecs logs written":                 5 * 0.50,
		"aws_cloudwatch_log_group.flow logs written":                0.5 * 0.50,
		"aws_db_instance.main gp3 storage":                          2 * 20 * 0.115,
	} {
		if got := month(estimate(t, "us-east-1"), name); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s costs %.4f, want %.4f", name, got, want)
		}
	}
}

func TestWhatHasNoPriceIsNamed(t *testing.T) {
	var out strings.Builder
	must(t, estimate(t, "us-east-1").Write(&out, "test"))
	for _, want := range []string{
		"aws_elasticache_replication_group.main: the table has no price of cache.x9.huge",
		"aws_quantum_computer.main: the type aws_quantum_computer is neither priced nor known to be free",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
}

func TestAnotherRegionIsRefused(t *testing.T) {
	_, err := cost.Of(plan(t, "eu-west-1"))
	if err == nil || !strings.Contains(err.Error(), `aws_region is eu-west-1, and the price table has only us-east-1`) {
		t.Errorf("the error is %v", err)
	}
}

func TestDifference(t *testing.T) {
	larger := plan(t, "us-east-1")
	for _, r := range larger.PlannedValues.RootModule.Resources {
		if r.Type == "aws_db_instance" {
			r.AttributeValues["multi_az"] = false
		}
	}
	to, err := cost.Of(larger)
	must(t, err)
	var out strings.Builder
	must(t, cost.WriteDifference(&out, estimate(t, "us-east-1"), to, "test", "one-zone.tfvars"))
	for _, want := range []string{`db.t3.micro +26\.28 +13\.14 +-13\.14`, `gp3 storage +4\.60 +2\.30 +-2\.30`, `total +.* -15\.44`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the difference lacks %s:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "aws_nat_gateway") {
		t.Errorf("the difference shows what is the same:\n%s", &out)
	}
}

func estimate(t *testing.T, region string) *cost.Estimate {
	t.Helper()
	e, err := cost.Of(plan(t, region))
	must(t, err)
	return e
}

func plan(t *testing.T, region string) *tfjson.Plan {
	t.Helper()
	p := new(tfjson.Plan)
	text, err := os.ReadFile("testdata/plan.json")
	must(t, err)
	must(t, p.UnmarshalJSON([]byte(strings.ReplaceAll(string(text), "REGION", region))))
	return p
}

// month is a line's cost, by address and what it is for.
func month(e *cost.Estimate, name string) float64 {
	for _, l := range e.Lines {
		if l.Address+" "+l.What == name {
			return l.Month()
		}
	}
	return -1
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, json.Unmarshal(text, into))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
