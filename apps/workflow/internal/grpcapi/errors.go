package grpcapi

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/agentteam/agentteam/apps/workflow/internal/feed"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/database"
)

const internalMessage = "internal error"

// When to ask again: a database's fail-over takes tens of seconds, a lost race is over at once.
const (
	afterOutage    = 2 * time.Second
	afterCollision = 100 * time.Millisecond
)

// statusOf is the one mapping from our errors to gRPC codes, as the design's table has them. Hidden: the error
// is a fault of ours or the database's, and its text is for the log alone.
func statusOf(err error) (hidden bool, answer error) {
	if err == nil {
		return false, nil
	}
	if known, ok := err.(interface{ GRPCStatus() *status.Status }); ok && known.GRPCStatus() != nil {
		return false, err
	}
	if refusal := refusalOf(err); refusal != nil {
		return false, refusal
	}
	switch {
	case errors.Is(err, context.Canceled):
		return false, status.Error(codes.Canceled, "the caller gave up")
	case errors.Is(err, feed.ErrFull):
		return false, again(codes.Unavailable, err.Error(), afterOutage)
	case database.Unavailable(err):
		return true, again(codes.Unavailable, "the database cannot be reached at the moment; try again", afterOutage)
	case store.Collided(err):
		return false, again(codes.Aborted, "another change of the same thing came first; try again", afterCollision)
	case errors.Is(err, context.DeadlineExceeded):
		return false, status.Error(codes.DeadlineExceeded, "the call took longer than its deadline")
	}
	return true, status.Error(codes.Internal, internalMessage)
}

// refusalOf is what the caller can mend; nil for any other error.
func refusalOf(err error) error {
	if invalid, ok := errors.AsType[*ledger.Invalid](err); ok {
		return badRequest(invalid.Error(), invalid.Problems)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, store.ErrConflict):
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.Is(err, store.ErrStale):
		return status.Error(codes.Aborted, err.Error())
	case errors.Is(err, feed.ErrAhead):
		return refuse("after", "out_of_range", "%s", err)
	}
	return nil
}

// again is an error with a hint when to try again.
func again(code codes.Code, message string, after time.Duration) error {
	return detailed(status.New(code, message), &errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
}

func detailed(s *status.Status, details ...protoadapt.MessageV1) error {
	if with, err := s.WithDetails(details...); err == nil {
		s = with
	}
	return s.Err()
}

// refuse is the refusal of one field of a request.
func refuse(field, code, format string, arguments ...any) error {
	p := problem.Format(field, code, format, arguments...)
	return badRequest(p.Message, []problem.Problem{p})
}

// badRequest says what is wrong with a request, field by field: a JSON pointer or the field's name, the message,
// and the code as the reason.
func badRequest(message string, problems []problem.Problem) error {
	violations := make([]*errdetails.BadRequest_FieldViolation, len(problems))
	for i, p := range problems {
		violations[i] = &errdetails.BadRequest_FieldViolation{Field: p.Pointer, Description: p.Message, Reason: p.Code}
	}
	return detailed(status.New(codes.InvalidArgument, message), &errdetails.BadRequest{FieldViolations: violations})
}
