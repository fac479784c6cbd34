package auth

import (
	"fmt"
	"net/http"
	"time"
)

// The codes of errors, as problems carry them.
const (
	CodeUnauthenticated = "unauthenticated"
	CodeForbidden       = "permission_denied"
	CodeAmbiguous       = "workspace_ambiguous"
	CodeNoWorkspace     = "no_workspace"
	CodeRateLimited     = "rate_limited"
	CodeUnavailable     = "dependency_unavailable"
)

// Error says why a request is not let in. Its message is for the client and holds no secret.
type Error struct {
	Status     int
	Code       string
	Message    string
	Challenge  string        // for the header WWW-Authenticate; empty unless the status is 401
	RetryAfter time.Duration // 0 if waiting does not help
	cause      error
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives what is for the log alone.
func (e *Error) Unwrap() error { return e.cause }

// missing asks for credentials as RFC 6750, section 3, does: without an error code when there were none.
func missing() *Error {
	return &Error{
		Status: http.StatusUnauthorized, Code: CodeUnauthenticated, Challenge: `Bearer realm="agentteam"`,
		Message: "send `Authorization: Bearer` with an API key (atk_…) or the access token of a signed-in user",
	}
}

// refused is for credentials that were sent and do not do. The message has no quotes.
func refused(message string, cause error) *Error {
	return &Error{
		Status: http.StatusUnauthorized, Code: CodeUnauthenticated, Message: message, cause: cause,
		Challenge: fmt.Sprintf(`Bearer realm="agentteam", error="invalid_token", error_description="%s"`, message),
	}
}

func unknownKey() *Error { return refused("the API key is unknown, expired or revoked", nil) }

func forbidden(format string, arguments ...any) *Error {
	return &Error{Status: http.StatusForbidden, Code: CodeForbidden, Message: fmt.Sprintf(format, arguments...)}
}

func limited(after time.Duration) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Code: CodeRateLimited, RetryAfter: max(after, time.Second),
		Message: "too many requests without valid credentials from this address",
	}
}

func unavailable(what string, cause error) *Error {
	return &Error{
		Status: http.StatusServiceUnavailable, Code: CodeUnavailable, RetryAfter: 2 * time.Second, cause: cause,
		Message: what + " cannot be asked at the moment: try again",
	}
}
