package doctor

import "strings"

// reason knows why tasks stop, by AWS's words for it, and what helps.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
type reason struct {
	says   string // part of AWS's message, in lower case
	remedy string
}

// reasons are in the order in which they are looked for: the special ones first.
func reasons() []reason {
	return []reason{
		{"unable to pull secrets", secretsRemedy},
		{"not found", pullRemedy},
		{"i/o timeout", "the tasks cannot reach ECR: nat_mode = \"none\" needs interface endpoints; else run make diff ENV=%ENV to see whether a route or rule is gone"},
		{"cannotpullcontainererror", pullRemedy},
		{"outofmemory", "raise api_gateway_memory or workflow_engine_memory in %ENV.tfvars, then: make deploy ENV=%ENV"},
		{"capacity is unavailable", "AWS has no room for Spot tasks now: raise fargate_base, or lower fargate_spot_weight, then: make deploy ENV=%ENV"},
		{"health checks", "the task started but does not answer its health check. Read what it logged: aws logs tail /ecs/%PREFIX --since 30m"},
		{"essential container", "the program ended by itself; at its start it names every variable that is wrong. Read it: aws logs tail /ecs/%PREFIX --since 30m"},
	}
}

const (
	secretsRemedy = "a parameter of the task definition is missing or unreadable, or the tasks cannot reach SSM. Run: make diff ENV=%ENV, " +
		"and make deploy ENV=%ENV if it lists changes. With nat_mode = \"none\" the tasks need interface endpoints"
	pullRemedy = "no image with this tag can be pulled. Push it (make images REGISTRY=…), or set image_tag to one that is there, then: make deploy ENV=%ENV. " +
		"A deployment that gave up starts again only by: aws ecs update-service --cluster %PREFIX-cluster --service %SERVICE --force-new-deployment"
)

// remedyFor is the advice for the first message that is known.
func remedyFor(messages []string) string {
	for _, r := range reasons() {
		for _, message := range messages {
			if strings.Contains(strings.ToLower(message), r.says) {
				return r.remedy
			}
		}
	}
	return "read what the tasks logged: aws logs tail /ecs/%PREFIX --since 30m"
}
