package grpcapi

import (
	"context"
	"time"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Which days GetUsage tells about.
const (
	usualDays = 30
	maxDays   = 366
	day       = 24 * time.Hour
)

// GetArtifact gives a value that was too large to stand in a step.
func (r *Runs) GetArtifact(ctx context.Context, request *workflowv1.GetArtifactRequest) (*workflowv1.GetArtifactResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	artifact, err := r.store.Artifact(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetArtifactResponse{
		Id: artifact.ID, RunId: artifact.RunID, MediaType: artifact.MediaType, Content: artifact.Content,
	}, nil
}

// GetUsage sums usage by day and model: the last 30 days unless the request says otherwise.
func (r *Runs) GetUsage(ctx context.Context, request *workflowv1.GetUsageRequest) (*workflowv1.GetUsageResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := usageRange(request, time.Now())
	if err != nil {
		return nil, err
	}
	lines, err := r.store.Usage(ctx, caller.Workspace, from, to)
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.GetUsageResponse{}
	for _, l := range lines {
		answer.Lines = append(answer.Lines, &workflowv1.UsageLine{Day: l.Day, Provider: l.Provider, Model: l.Model, Usage: usageMessage(l.Usage)})
	}
	return answer, nil
}

func usageRange(request *workflowv1.GetUsageRequest, now time.Time) (from, to time.Time, err error) {
	if from, err = moment("from", request.GetFrom()); err != nil {
		return from, to, err
	}
	if to, err = moment("to", request.GetTo()); err != nil {
		return from, to, err
	}
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-usualDays * day)
	}
	if !from.Before(to) {
		return from, to, refuse("from", "out_of_range", "from must be before to, got %s and %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	if to.Sub(from) > maxDays*day {
		return from, to, refuse("from", "out_of_range", "from and to must be at most %d days apart, got %d", maxDays, int(to.Sub(from)/day))
	}
	return from, to, nil
}
