package httpapi

import (
	"net/http"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/contract"
)

// retryUnavailable is when to try again if the engine does not say: long enough for a lost task's place to
// be taken by another.
const retryUnavailable = 2 * time.Second

// engineProblem answers for a failed call to the engine. The engine's words are for the caller where the
// call was at fault; where the engine was, they stay in the log.
func engineProblem(failed *status.Status) *Problem {
	switch failed.Code() {
	case codes.InvalidArgument, codes.OutOfRange:
		return invalidArgument(failed)
	case codes.Unauthenticated: // the caller was good enough for the gateway: the two disagree about the key
		return dependencyProblem(http.StatusInternalServerError, codeInternal, "failed to answer")
	case codes.PermissionDenied:
		return newProblem(http.StatusForbidden, codeForbidden, failed.Message())
	case codes.NotFound:
		return newProblem(http.StatusNotFound, codeNotFound, failed.Message())
	case codes.AlreadyExists, codes.Aborted, codes.FailedPrecondition:
		return retryable(newProblem(http.StatusConflict, codeConflict, failed.Message()), failed, 0)
	case codes.ResourceExhausted:
		return retryable(newProblem(http.StatusTooManyRequests, codeLimited, failed.Message()), failed, time.Second)
	case codes.Unavailable:
		p := dependencyProblem(http.StatusServiceUnavailable, codeUnavailable, "cannot be reached or does not serve")
		return retryable(p, failed, retryUnavailable)
	case codes.DeadlineExceeded:
		return dependencyProblem(http.StatusGatewayTimeout, codeSlow, "did not answer in time")
	default:
		return dependencyProblem(http.StatusInternalServerError, codeInternal, "failed to answer")
	}
}

// invalidArgument is 422 with a list of faults for what a document, or a run's inputs, have wrong, and 400
// for anything else.
func invalidArgument(failed *status.Status) *Problem {
	for _, detail := range failed.Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		p := newProblem(http.StatusUnprocessableEntity, codeInvalid, failed.Message())
		for _, v := range bad.GetFieldViolations() {
			p.Errors = append(p.Errors, violation(v))
		}
		return p
	}
	return newProblem(http.StatusBadRequest, codeBadRequest, failed.Message())
}

// violation is a fault at a JSON pointer, or in a field of the call. The call's fields have the names of ours,
// except for their page and the endings of JSON texts.
func violation(v *errdetails.BadRequest_FieldViolation) ProblemItem {
	found := ProblemItem{Message: v.GetDescription(), Code: v.GetReason()}
	if field := v.GetField(); field == "" || strings.HasPrefix(field, "/") {
		found.Pointer = field
	} else {
		found.Parameter = strings.TrimSuffix(strings.ReplaceAll(field, ".", "_"), "_json")
	}
	return found
}

func dependencyProblem(status int, code, what string) *Problem {
	name := contract.WorkflowEngine().Name
	p := newProblem(status, code, name+" "+what)
	p.Dependency = name
	return p
}

// retryable adds when to try again, in the engine's words if it said so.
func retryable(p *Problem, failed *status.Status, otherwise time.Duration) *Problem {
	p.retryAfter = otherwise
	for _, detail := range failed.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			p.retryAfter = info.GetRetryDelay().AsDuration()
		}
	}
	return p
}

// below moves the pointers of a problem's faults: what the engine calls "/config" is "/node/config" of the
// request's body.
func below(prefix string, err error) error {
	failed, ok := status.FromError(err)
	if !ok || failed.Code() != codes.InvalidArgument {
		return err
	}
	p := engineProblem(failed)
	for i := range p.Errors {
		if p.Errors[i].Parameter == "" {
			p.Errors[i].Pointer = prefix + p.Errors[i].Pointer
		}
	}
	return p
}
