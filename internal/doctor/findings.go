package doctor

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/agentteam/agentteam/contract"
)

// evidenceMost is how many of AWS's messages stand below one finding.
const evidenceMost = 3

// advise fills an advice with the environment's names.
func (f *Facts) advise(remedy, service string) string {
	return strings.NewReplacer("%ENV", f.Environment, "%PREFIX", f.Prefix, "%SERVICE", service).Replace(remedy)
}

func (s Service) diagnose(f *Facts) Finding {
	if s.Missing {
		return Finding{Problem, "there is no ECS service " + s.Name, nil, f.advise("deploy it: make deploy ENV=%ENV", s.Name)}
	}
	what := fmt.Sprintf("%s: %d of %d tasks run, %s", s.Name, s.Running, s.Desired, s.Revision)
	messages := append(append([]string{}, s.Stopped...), s.Events...)
	if s.Failed != "" {
		messages = append([]string{s.Failed}, messages...)
	}
	switch {
	case s.Running < s.Desired:
		return Finding{Problem, what, first(messages), f.advise(remedyFor(messages), s.Name)}
	case s.Failed != "":
		return Finding{Problem, what + ", but its last deployment failed", first(messages), f.advise(remedyFor(messages), s.Name)}
	case s.Desired == 0:
		return Finding{Note, what + ": it is scaled to zero", nil, ""}
	default:
		return Finding{Severity: Fine, What: what}
	}
}

func (f *Facts) targets() Finding {
	var sick []string
	healthy := 0
	for _, t := range f.Targets {
		switch t.State {
		case "healthy":
			healthy++
		case "unhealthy":
			sick = append(sick, strings.TrimSpace(fmt.Sprintf("%s %s %s", t.Address, t.Reason, t.Description)))
		}
	}
	what := fmt.Sprintf("load balancer: %d of %d targets are healthy", healthy, len(f.Targets))
	switch {
	case len(sick) > 0:
		return Finding{Problem, what, first(sick), f.advise(healthRemedy(sick), "")}
	case healthy == 0:
		return Finding{Problem, what + ": every request is answered with 503", nil, f.advise("see why no task of the gateway runs, above", "")}
	default:
		return Finding{Severity: Fine, What: what}
	}
}

// healthRemedy knows the load balancer's reason codes.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func healthRemedy(sick []string) string {
	switch text := strings.Join(sick, "\n"); {
	case strings.Contains(text, "Target.Timeout"):
		return "the tasks do not answer in time: they are overloaded (raise api_gateway_cpu or desired_count), or a security group rule is gone. Run: make diff ENV=%ENV"
	case strings.Contains(text, "Target.ResponseCodeMismatch"):
		return "the tasks answer " + contract.HealthPath + " with another status than 200. Read what they logged: aws logs tail /ecs/%PREFIX --since 30m"
	default:
		return "nothing answers at the tasks' port: the program does not listen. Read what it logged: aws logs tail /ecs/%PREFIX --since 30m"
	}
}

// databaseAway is how both services tell that they cannot reach PostgreSQL.
var databaseAway = regexp.MustCompile(`(?i)failed to connect to|database is (away|unreachable)|dial tcp [^ ]*:5432`)

const databaseRemedy = "see the state of the database below. If it is available, a rule or the password differs: make diff ENV=%ENV shows rules; " +
	"raising secrets_version by one in %ENV.tfvars and make deploy ENV=%ENV writes the password anew on both sides"

// errors are the API's faults, and what the services say about them.
func (f *Facts) errors() (found []Finding) {
	var away []string
	for _, line := range f.Errors {
		if databaseAway.MatchString(line) {
			away = append(away, line)
		}
	}
	if len(away) > 0 {
		found = append(found, Finding{Problem, "the services cannot reach PostgreSQL", first(away),
			f.advise(databaseRemedy, "")})
	}
	if n := f.Answers.Balancer; n > 0 {
		found = append(found, Finding{Problem, fmt.Sprintf("API: the load balancer itself answered %d requests with 5xx in %.0f minutes", n, Window.Minutes()), nil,
			f.advise("no healthy task was there, or it ended while it answered: see the services and targets above", "")})
	}
	if n := f.Answers.Services; n > 0 {
		found = append(found, Finding{Problem, fmt.Sprintf("API: the gateway answered %d requests with 5xx in %.0f minutes", n, Window.Minutes()), first(f.Errors),
			f.advise("look for the request_id of an answer in the log: aws logs tail /ecs/%PREFIX --since 30m --filter-pattern '{ $.level = \"ERROR\" }'", "")})
	}
	if f.Answers == (Answers{}) {
		found = append(found, Finding{Severity: Fine, What: fmt.Sprintf("API: no 5xx in %.0f minutes", Window.Minutes())})
	}
	return found
}

func (f *Facts) stores() (found []Finding) {
	for _, s := range f.Stores {
		switch s.Status {
		case "available":
			found = append(found, Finding{Severity: Fine, What: fmt.Sprintf("%s %s is available", s.Kind, s.Name)})
		case "":
			found = append(found, Finding{Problem, "there is no " + s.Kind, nil, f.advise("deploy it: make deploy ENV=%ENV", "")})
		default:
			found = append(found, Finding{Problem, fmt.Sprintf("%s %s is %s", s.Kind, s.Name, s.Status), nil, f.advise(storeRemedy(s), "")})
		}
	}
	return found
}

// storeRemedy knows the states that last. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
func storeRemedy(s Store) string {
	switch s.Status {
	case "stopped":
		return "start it: aws rds start-db-instance --db-instance-identifier " + s.Name
	case "storage-full":
		return "raise db_max_allocated_storage in %ENV.tfvars, then: make deploy ENV=%ENV"
	default:
		return "wait: this state passes by itself. If it lasts for more than 20 minutes, look at its events in the AWS console"
	}
}

// parameters without a value are meant where a provider is not used; without any model provider no agent can run.
func (f *Facts) parameters() (found []Finding) {
	providers := 0
	for _, name := range f.Unset {
		if strings.HasSuffix(name, "/openai/api-key") || strings.HasSuffix(name, "/anthropic/api-key") {
			providers++
		}
	}
	how := f.advise("export TF_VAR_… of the key, raise secrets_version by one in %ENV.tfvars, then: make deploy ENV=%ENV", "")
	switch {
	case providers == 2:
		found = append(found, Finding{Problem, "no model provider has a key: agents cannot run", f.Unset, how})
	case len(f.Unset) > 0:
		found = append(found, Finding{Note, "parameters without a value; what they are for is switched off", f.Unset, how})
	default:
		found = append(found, Finding{Severity: Fine, What: "every parameter has a value"})
	}
	return found
}

func (f *Facts) alarms() (found []Finding) {
	for _, a := range f.Alarms {
		found = append(found, Finding{Problem, "alarm " + a.Name + " rings", []string{a.Reason}, "see the findings above; the alarm ends by itself once its cause has"})
	}
	if len(found) == 0 {
		found = append(found, Finding{Severity: Fine, What: "no alarm rings"})
	}
	return found
}

func first(messages []string) []string {
	return messages[:min(len(messages), evidenceMost)]
}
