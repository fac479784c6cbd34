package httpapi

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// UsageLine is one day's use of one model, or of tools and steps when the model is empty.
type UsageLine struct {
	Day      string `json:"day" format:"date" example:"2026-11-22" doc:"UTC."`
	Provider string `json:"provider,omitempty" example:"openai"`
	Model    string `json:"model,omitempty"`
	Usage    Usage  `json:"usage"`
}

// Bounds of the days that one answer covers.
const (
	defaultUsageDays = 30
	maxUsageDays     = 366
)

func (s *Server) usage() {
	register(s, operation{
		id: "get-usage", method: http.MethodGet, path: "/v1/usage", tag: "Usage", summary: "Sum the workspace's usage by day and model",
		detail: "At most 366 days at once.", access: may(identity.UsageRead),
	}, s.getUsage)
}

func (s *Server) getUsage(ctx context.Context, in *struct {
	From string `query:"from" format:"date" example:"2026-11-01" doc:"First day, UTC. 30 days up to the last one without it."`
	To   string `query:"to" format:"date" example:"2026-11-22" doc:"Last day, UTC, itself included. Today without it."`
}) (*listOutput[UsageLine], error) {
	from, to, err := days(in.From, in.To, time.Now())
	if err != nil {
		return nil, err
	}
	answer, err := s.engine.Runs.GetUsage(ctx, &workflowv1.GetUsageRequest{From: timestamppb.New(from), To: timestamppb.New(to)})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetLines(), "", func(l *workflowv1.UsageLine) UsageLine {
		return UsageLine{Day: l.GetDay(), Provider: l.GetProvider(), Model: l.GetModel(), Usage: usage(l.GetUsage())}
	}), nil
}

// days gives the first moment, and the first one after the end.
func days(first, last string, now time.Time) (from, to time.Time, err error) {
	end := now.UTC().Truncate(24 * time.Hour)
	if last != "" {
		if end, err = time.Parse(time.DateOnly, last); err != nil {
			return from, to, badParameter("to", "must be a day such as 2026-11-22, got "+last)
		}
	}
	to = end.AddDate(0, 0, 1)
	from = to.AddDate(0, 0, -defaultUsageDays)
	if first != "" {
		if from, err = time.Parse(time.DateOnly, first); err != nil {
			return from, to, badParameter("from", "must be a day such as 2026-11-01, got "+first)
		}
	}
	if !from.Before(to) || from.AddDate(0, 0, maxUsageDays).Before(to) {
		return from, to, badParameter("from", "must be at most 366 days before the last day, and not after it")
	}
	return from, to, nil
}

// badParameter is 422 for a parameter that fits its schema and still cannot be.
func badParameter(name, message string) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, codeInvalid, name+" "+message)
	p.Errors = []ProblemItem{{Parameter: name, Message: message, Code: "invalid_value"}}
	return p
}
