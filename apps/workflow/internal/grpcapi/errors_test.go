package grpcapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/workflow/internal/feed"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

func TestStatusOf(t *testing.T) {
	for _, test := range []struct {
		err     error
		code    codes.Code
		message string // empty: any
		hidden  bool
		retry   bool
	}{
		{nil, codes.OK, "", false, false},
		{store.Missing("run", "run_1"), codes.NotFound, `run "run_1" not found`, false, false},
		{fmt.Errorf("the run has ended: %w", ledger.ErrConflict), codes.FailedPrecondition, "the run has ended: conflict", false, false},
		{fmt.Errorf("workflow: %w", store.ErrStale), codes.Aborted, "", false, false},
		{fmt.Errorf("read: %w", context.Canceled), codes.Canceled, "", false, false},
		{fmt.Errorf("read: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "", false, false},
		{feed.Ahead("run_1", 9, 3), codes.InvalidArgument, "", false, false},
		{feed.ErrFull, codes.Unavailable, "", false, true},
		{&pgconn.PgError{Code: "57P01", Message: "secret"}, codes.Unavailable, "", true, true},
		{&pgconn.PgError{Code: "08006"}, codes.Unavailable, "", true, true},
		{fmt.Errorf("begin: %w", io.ErrUnexpectedEOF), codes.Unavailable, "", true, true},
		{&pgconn.PgError{Code: "40001"}, codes.Aborted, "", false, true},
		{&pgconn.PgError{Code: "40P01"}, codes.Aborted, "", false, true},
		{&pgconn.PgError{Code: "42601", Message: "secret"}, codes.Internal, internalMessage, true, false},
		{errors.New("secret"), codes.Internal, internalMessage, true, false},
		{status.Error(codes.PermissionDenied, "no"), codes.PermissionDenied, "no", false, false},
	} {
		hidden, answer := statusOf(test.err)
		got := status.Convert(answer)
		if got.Code() != test.code || hidden != test.hidden || (test.message != "" && got.Message() != test.message) {
			t.Errorf("%v: got %v, hidden %t", test.err, got, hidden)
		}
		var retry bool
		for _, detail := range got.Details() {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				retry = info.GetRetryDelay().AsDuration() > 0
			}
		}
		if retry != test.retry {
			t.Errorf("%v: retry info %t, want %t", test.err, retry, test.retry)
		}
	}
}

func TestProblemsTravelAsFieldViolations(t *testing.T) {
	hidden, answer := statusOf(fmt.Errorf("start: %w", &ledger.Invalid{Problems: []problem.Problem{
		{Pointer: "/topic", Code: "missing_field", Message: "topic is required"}, {Pointer: "/depth", Code: "wrong_type", Message: "depth must be a number"},
	}}))
	details := status.Convert(answer).Details()
	if hidden || status.Code(answer) != codes.InvalidArgument || len(details) != 1 {
		t.Fatalf("got %v, %v", answer, details)
	}
	violations := details[0].(*errdetails.BadRequest).GetFieldViolations()
	if len(violations) != 2 || violations[0].GetField() != "/topic" || violations[0].GetReason() != "missing_field" || violations[1].GetDescription() != "depth must be a number" {
		t.Errorf("got %v", violations)
	}
}
