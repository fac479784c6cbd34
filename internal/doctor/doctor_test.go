package doctor

import (
	"slices"
	"strings"
	"testing"
)

// healthy is an environment in which nothing is wrong.
func healthy() *Facts {
	return &Facts{
		Environment: "staging",
		Prefix:      "agent-team-staging",
		Services: []Service{
			{Name: "agent-team-staging-api-gateway", Desired: 2, Running: 2, Revision: "agent-team-staging-api-gateway:3"},
			{Name: "agent-team-staging-workflow-engine", Desired: 2, Running: 2, Revision: "agent-team-staging-workflow-engine:3"},
		},
		Targets: []Target{{Address: "10.0.10.4:8000", State: "healthy"}, {Address: "10.0.20.4:8000", State: "draining"}},
		Stores:  []Store{{"PostgreSQL", "agent-team-staging-db", "available"}, {"Redis", "agent-team-staging-cache", "available"}},
	}
}

func TestNothingIsWrong(t *testing.T) {
	for _, f := range Diagnose(healthy()) {
		if f.Severity != Fine || f.Remedy != "" || strings.Contains(f.What, "%") {
			t.Errorf("a healthy environment has the finding %+v", f)
		}
	}
}

func TestDiagnoses(t *testing.T) {
	for name, c := range map[string]struct {
		breaks   func(*Facts)
		what     string // of the one problem
		evidence string
		remedy   string
	}{
		"nothing deployed": {
			func(f *Facts) { f.Services[0] = Service{Name: f.Services[0].Name, Missing: true} },
			"there is no ECS service agent-team-staging-api-gateway", "", "make deploy ENV=staging"},
		"image is not there": {
			func(f *Facts) {
				f.Services[0].Running = 0
				f.Services[0].Stopped = []string{"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref …/api-gateway:v9: not found"}
			},
			"api-gateway: 0 of 2 tasks run", "v9: not found", "--service agent-team-staging-api-gateway --force-new-deployment"},
		"no way to the registry": {
			func(f *Facts) {
				f.Services[1].Running = 1
				f.Services[1].Stopped = []string{"CannotPullContainerError: … dial tcp 10.0.0.9:443: i/o timeout"}
			},
			"workflow-engine: 1 of 2 tasks run", "i/o timeout", "interface endpoints"},
		"secret is not there": {
			func(f *Facts) {
				f.Services[0].Running = 0
				f.Services[0].Stopped = []string{"ResourceInitializationError: unable to pull secrets or registry auth: … invalid ssm parameters: /agent-team-staging/database/url"}
			},
			"0 of 2 tasks run", "/agent-team-staging/database/url", "make diff ENV=staging"},
		"program ends": {
			func(f *Facts) {
				f.Services[1].Running, f.Services[1].Stopped = 0, []string{"Essential container in task exited"}
			},
			"0 of 2 tasks run", "Essential container", "aws logs tail /ecs/agent-team-staging"},
		"memory": {
			func(f *Facts) {
				f.Services[1].Running, f.Services[1].Stopped = 1, []string{"OutOfMemoryError: Container killed due to memory usage"}
			},
			"1 of 2 tasks run", "OutOfMemoryError", "workflow_engine_memory in staging.tfvars"},
		"no Spot capacity": {
			func(f *Facts) {
				f.Services[1].Running, f.Services[1].Events = 1, []string{"(service x) was unable to place a task. Reason: Capacity is unavailable at this time."}
			},
			"1 of 2 tasks run", "Capacity is unavailable", "fargate_base"},
		"deployment rolled back": {
			func(f *Facts) { f.Services[0].Failed = "ECS deployment circuit breaker: tasks failed to start." },
			"but its last deployment failed", "circuit breaker", "aws logs tail"},
		"target does not answer in time": {
			func(f *Facts) {
				f.Targets[0] = Target{"10.0.10.4:8000", "unhealthy", "Target.Timeout", "Request timed out"}
			},
			"0 of 2 targets are healthy", "Target.Timeout", "api_gateway_cpu"},
		"target answers something else": {
			func(f *Facts) {
				f.Targets[0] = Target{"10.0.10.4:8000", "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"}
			},
			"0 of 2 targets are healthy", "[503]", "/health with another status"},
		"target is shut": {
			func(f *Facts) {
				f.Targets[0] = Target{"10.0.10.4:8000", "unhealthy", "Target.FailedHealthChecks", "Health checks failed"}
			},
			"0 of 2 targets are healthy", "FailedHealthChecks", "does not listen"},
		"no target": {
			func(f *Facts) { f.Targets = nil },
			"every request is answered with 503", "", "above"},
		"database cannot be reached": {
			func(f *Facts) {
				f.Errors = []string{`{"level":"WARN","msg":"x","error":"failed to connect to user=agentteam: 10.0.100.4:5432: dial error: timeout"}`}
			},
			"cannot reach PostgreSQL", "dial error", "make diff ENV=staging"},
		"database is stopped": {
			func(f *Facts) { f.Stores[0].Status = "stopped" },
			"PostgreSQL agent-team-staging-db is stopped", "", "aws rds start-db-instance --db-instance-identifier agent-team-staging-db"},
		"database is full": {
			func(f *Facts) { f.Stores[0].Status = "storage-full" },
			"is storage-full", "", "db_max_allocated_storage in staging.tfvars"},
		"no Redis": {
			func(f *Facts) { f.Stores[1] = Store{Kind: "Redis"} },
			"there is no Redis", "", "make deploy ENV=staging"},
		"gateway fails": {
			func(f *Facts) { f.Answers.Services, f.Errors = 7, []string{`{"level":"ERROR","msg":"panic"}`} },
			"the gateway answered 7 requests with 5xx", "panic", "request_id"},
		"balancer fails": {
			func(f *Facts) { f.Answers.Balancer = 3 },
			"the load balancer itself answered 3 requests", "", "no healthy task"},
		"no key of a model provider": {
			func(f *Facts) {
				f.Unset = []string{"/agent-team-staging/anthropic/api-key", "/agent-team-staging/openai/api-key"}
			},
			"agents cannot run", "anthropic/api-key", "secrets_version by one in staging.tfvars"},
		"alarm": {
			func(f *Facts) { f.Alarms = []Alarm{{"agent-team-staging-5xx", "Threshold Crossed: 9 > 5"}} },
			"alarm agent-team-staging-5xx rings", "Threshold Crossed", "above"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := healthy()
			c.breaks(facts)
			problems := slices.DeleteFunc(Diagnose(facts), func(f Finding) bool { return f.Severity != Problem })
			if len(problems) != 1 {
				t.Fatalf("%d problems, want one: %+v", len(problems), problems)
			}
			got := problems[0]
			if !strings.Contains(got.What, c.what) || !strings.Contains(strings.Join(got.Evidence, "\n"), c.evidence) || !strings.Contains(got.Remedy, c.remedy) {
				t.Errorf("got %+v\nwant %q, evidence %q, remedy %q", got, c.what, c.evidence, c.remedy)
			}
			if strings.Contains(got.Remedy, "%") {
				t.Errorf("the remedy has an unfilled name: %s", got.Remedy)
			}
			wantInRunbook(t, got)
		})
	}
}

func TestOneProviderWithoutKeyIsNoProblem(t *testing.T) {
	facts := healthy()
	facts.Unset = []string{"/agent-team-staging/openai/api-key"}
	if n := Problems(Diagnose(facts)); n != 0 {
		t.Errorf("%d problems, want none: agents can run with the other provider", n)
	}
}
