package httpapi

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/internal/database"
)

// problemOf is the one place where an error becomes an answer. What went wrong behind the gateway is for the log; the
// answer says what its reader can do.
func (s *Server) problemOf(ctx context.Context, err error) *Problem {
	p := translate(err)
	if p.Status >= http.StatusInternalServerError {
		s.log.WarnContext(ctx, "request failed", "status", p.Status, "error", cause(err))
	}
	return p
}

func translate(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if refused, ok := errors.AsType[*auth.Error](err); ok {
		return authProblem(refused)
	}
	if failed, ok := errors.AsType[*accounts.Error](err); ok {
		return accountProblem(failed)
	}
	if failed, ok := status.FromError(err); ok {
		return engineProblem(failed)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return newProblem(http.StatusGatewayTimeout, codeSlow, "the request took longer than its deadline")
	}
	if database.Unavailable(err) {
		return databaseProblem()
	}
	return internalProblem()
}

// cause is what an error hides from the answer.
func cause(err error) error {
	if hidden := errors.Unwrap(err); hidden != nil {
		return errors.Join(err, hidden)
	}
	return err
}

func authProblem(refused *auth.Error) *Problem {
	p := newProblem(refused.Status, refused.Code, refused.Message)
	p.retryAfter, p.challenge = refused.RetryAfter, refused.Challenge
	return p
}

func accountProblem(failed *accounts.Error) *Problem {
	switch failed.Code {
	case accounts.NotFound:
		return newProblem(http.StatusNotFound, codeNotFound, failed.Message)
	case accounts.Forbidden:
		return newProblem(http.StatusForbidden, codeForbidden, failed.Message)
	case accounts.Conflict, accounts.LimitReached:
		return newProblem(http.StatusConflict, string(failed.Code), failed.Message)
	default:
		p := newProblem(http.StatusUnprocessableEntity, codeInvalid, failed.Message)
		item := ProblemItem{Message: failed.Message, Code: "invalid_value"}
		if failed.Field != "" {
			item.Pointer = "/" + failed.Field
		}
		p.Errors = []ProblemItem{item}
		return p
	}
}
