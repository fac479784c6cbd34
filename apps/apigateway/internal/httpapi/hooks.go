package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	hooksPath = "/hooks/"
	// hookDeadline is below the ten seconds that GitHub waits.
	hookDeadline = 9 * time.Second
)

// hooks takes deliveries of other systems. They carry no token: the engine checks their signatures. It is no operation of the
// API's document, since what a delivery looks like is the sender's to say.
func (s *Server) hooks() {
	s.router.Method(http.MethodPost, hooksPath+"{id}", s.routed(hooksPath+"{id}", http.HandlerFunc(s.receive)))
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), hookDeadline)
	defer cancel()
	answer, err := s.deliver(ctx, w, r)
	if err != nil {
		s.problemOf(ctx, err).write(w, r)
		return
	}
	body, code := map[string]string{"run_id": answer.GetRunId()}, http.StatusAccepted
	switch {
	case answer.GetChallenge() != "":
		body, code = map[string]string{"challenge": answer.GetChallenge()}, http.StatusOK
	case answer.GetRunId() == "":
		body, code = map[string]string{}, http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // texts: it fails only if the sender is gone
}

// deliver refuses what is sent too often before it is read: each webhook has a caller's limit, and an address whose deliveries
// are not signed a stranger's.
func (s *Server) deliver(ctx context.Context, w http.ResponseWriter, r *http.Request) (*workflowv1.ReceiveWebhookResponse, error) {
	name := r.PathValue("id")
	if !id.Valid(id.Webhook, name) {
		return nil, s.unsigned(ctx, r)
	}
	if d := s.limiter.Subject(ctx, "webhook", name); !d.Allowed {
		d.SetHeaders(w.Header())
		return nil, newProblem(http.StatusTooManyRequests, codeLimited, "too many deliveries; come back after Retry-After seconds")
	}
	body, p := readBody(w, r, maxBody)
	if p != nil {
		return nil, p
	}
	answer, err := s.engine.Webhooks.ReceiveWebhook(ctx, &workflowv1.ReceiveWebhookRequest{Id: name, Headers: told(r.Header), Query: firsts(r), Body: body})
	if status.Code(err) == codes.Unauthenticated {
		return nil, s.unsigned(ctx, r)
	}
	return answer, err
}

// unsigned is the one refusal of who is not known to be the sender.
func (s *Server) unsigned(ctx context.Context, r *http.Request) error {
	if d := s.limiter.Stranger(ctx, r); !d.Allowed {
		p := newProblem(http.StatusTooManyRequests, codeLimited, "too many deliveries that are not signed; come back after Retry-After seconds")
		p.retryAfter = d.RetryAfter
		return p
	}
	return newProblem(http.StatusUnauthorized, codeUnauthenticated, "there is no such webhook, or the delivery is not signed by its secret")
}

// told are the headers that a workflow may see: none that are credentials for somebody else.
func told(header http.Header) map[string]string {
	seen := make(map[string]string, len(header))
	for name, values := range header {
		if name != "Authorization" && name != "Cookie" && name != "Proxy-Authorization" {
			seen[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "\uFFFD")
		}
	}
	return seen
}

func firsts(r *http.Request) map[string]string {
	first := map[string]string{}
	for name, values := range r.URL.Query() {
		first[strings.ToValidUTF8(name, "\uFFFD")] = strings.ToValidUTF8(values[0], "\uFFFD")
	}
	return first
}
