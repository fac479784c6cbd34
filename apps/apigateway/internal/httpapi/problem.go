package httpapi

import (
	"encoding/json"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/contract"
)

// problem is an error answer as RFC 9457 describes it. Code is for programs and never changes, Detail is
// for people and may.
type problem struct {
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Detail     string `json:"detail"`
	Code       string `json:"code"`
	RequestID  string `json:"request_id"`
	Dependency string `json:"dependency,omitempty"` // the service that failed
}

// write sends the problem, with the title of its status and the request's id.
func (p problem) write(w http.ResponseWriter, r *http.Request) {
	p.Title, p.RequestID = http.StatusText(p.Status), requestID(r.Context())
	writeJSON(w, "application/problem+json", p.Status, p)
}

// engineProblem answers for a failed call to the engine. The detail holds no address and no message of
// the engine: the log has both.
func engineProblem(err error) problem {
	p := problem{Dependency: contract.WorkflowEngine().Name}
	switch status.Code(err) {
	case codes.Unavailable:
		p.Status, p.Code = http.StatusServiceUnavailable, "dependency_unavailable"
		p.Detail = p.Dependency + " cannot be reached or does not serve"
	case codes.DeadlineExceeded:
		p.Status, p.Code = http.StatusGatewayTimeout, "dependency_timeout"
		p.Detail = p.Dependency + " did not answer in time"
	default:
		p.Status, p.Code = http.StatusInternalServerError, "dependency_failed"
		p.Detail = p.Dependency + " failed to answer"
	}
	return p
}

func writeJSON(w http.ResponseWriter, contentType string, status int, body any) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // every body is a plain struct: it fails only if the client is gone
}
