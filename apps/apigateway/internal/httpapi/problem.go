package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/agentteam/agentteam/internal/telemetry"
)

// The codes of problems, for programs: they never change, as the words for people may.
const (
	codeBadRequest      = "bad_request"
	codeUnauthenticated = "unauthenticated"
	codeForbidden       = "permission_denied"
	codeNotFound        = "not_found"
	codeMethod          = "method_not_allowed"
	codeTimeout         = "request_timeout"
	codeConflict        = "conflict"
	codeRevision        = "revision_mismatch"
	codeTooLarge        = "too_large"
	codeMediaType       = "unsupported_media_type"
	codeInvalid         = "invalid"
	codeLimited         = "rate_limited"
	codeInternal        = "internal"
	codeDraining        = "draining"
	codeUnavailable     = "dependency_unavailable"
	codeSlow            = "dependency_timeout"
)

// Problem is an error answer as RFC 9457 describes it.
type Problem struct { //nolint:errname // the word of RFC 9457
	Type       string        `json:"type" example:"about:blank" doc:"Always about:blank: the code tells kinds apart."`
	Title      string        `json:"title" example:"Not Found" doc:"The status in words."`
	Status     int           `json:"status" example:"404"`
	Detail     string        `json:"detail" doc:"What happened and what to do, for people. It may change."`
	Code       string        `json:"code" example:"not_found" doc:"What happened, for programs. It never changes."`
	RequestID  string        `json:"request_id" doc:"Also in X-Request-Id; the logs of both services hold it."`
	Dependency string        `json:"dependency,omitempty" example:"workflow-engine" doc:"What failed behind the gateway."`
	Errors     []ProblemItem `json:"errors,omitempty" doc:"Each fault of the request."`

	retryAfter time.Duration
	challenge  string
}

// ProblemItem is one fault of a request.
type ProblemItem struct {
	Pointer   string `json:"pointer" example:"/nodes/0/type" doc:"JSON pointer (RFC 6901) into the body, or into the stored document. Empty for the whole."`
	Parameter string `json:"parameter,omitempty" example:"page_size" doc:"Name of the query parameter, path segment, header or field that is at fault."`
	Message   string `json:"message" doc:"What is wrong, with the value, the bound and the remedy."`
	Code      string `json:"code" example:"unknown_field"`
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus lets huma answer with the problem's status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells when to try again, and how to sign in, where that is known.
func (p *Problem) GetHeaders() http.Header {
	headers := http.Header{}
	if p.retryAfter > 0 {
		seconds := int64((p.retryAfter + time.Second - 1) / time.Second)
		headers.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if p.challenge != "" {
		headers.Set("WWW-Authenticate", p.challenge)
	}
	return headers
}

// write answers with the problem outside of huma: in middleware.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	p.RequestID = telemetry.RequestID(r.Context())
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) //nolint:errchkjson // a plain struct: it fails only if the client is gone
}
