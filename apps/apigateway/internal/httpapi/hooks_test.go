package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestADeliveryNeedsNoToken(t *testing.T) {
	w := newWorld(t)
	var asked *workflowv1.ReceiveWebhookRequest
	w.engine.on("ReceiveWebhook", func(request any) (any, error) {
		asked = request.(*workflowv1.ReceiveWebhookRequest)
		switch string(asked.GetBody()) {
		case "challenge":
			return &workflowv1.ReceiveWebhookResponse{Challenge: "c1"}, nil
		case "ping":
			return &workflowv1.ReceiveWebhookResponse{}, nil
		}
		return &workflowv1.ReceiveWebhookResponse{RunId: "run_1"}, nil
	})
	path := "/hooks/" + id.New(id.Webhook) + "?a=1&a=2"
	got := w.ask(t, "POST", path, "not json \xff", "Authorization: Bearer of somebody", "Cookie: secret=1", "X-Signature: s", "Content-Type: text/plain")
	if got.status != http.StatusAccepted || strings.TrimSpace(got.body) != `{"run_id":"run_1"}` {
		t.Errorf("%+v", got)
	}
	if string(asked.GetBody()) != "not json \xff" || asked.GetQuery()["a"] != "1" || asked.GetHeaders()["x-signature"] != "s" || asked.GetHeaders()["content-type"] != "text/plain" {
		t.Errorf("the engine was asked %v", asked)
	}
	if text := fmt.Sprint(asked.GetHeaders()); strings.Contains(text, "somebody") || strings.Contains(text, "secret") {
		t.Errorf("it was told credentials: %s", text)
	}
	if got := w.ask(t, "POST", path, "challenge"); got.status != http.StatusOK || strings.TrimSpace(got.body) != `{"challenge":"c1"}` {
		t.Errorf("%+v", got)
	}
	if got := w.ask(t, "POST", path, "ping"); got.status != http.StatusOK || strings.TrimSpace(got.body) != `{}` {
		t.Errorf("%+v", got)
	}
	wellFormed(t, "too large", w.ask(t, "POST", path, strings.Repeat("x", 1<<20+1)), http.StatusRequestEntityTooLarge, "too_large")
}

// TestStrangersLearnNothing compares what no webhook can be called, what none is, and what is not signed.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld(t)
	w.engine.on("ReceiveWebhook", func(any) (any, error) {
		return nil, status.Error(codes.Unauthenticated, "words of the engine")
	})
	first := w.ask(t, "POST", "/hooks/x", "{}", "X-Request-Id: same")
	wellFormed(t, "no name", first, http.StatusUnauthorized, "unauthenticated")
	second := w.ask(t, "POST", "/hooks/"+id.New(id.Webhook), "{}", "X-Request-Id: same")
	if second.status != first.status || second.body != first.body {
		t.Errorf("%+v and %+v", first, second)
	}
	for range 100 {
		if got := w.ask(t, "POST", "/hooks/"+id.New(id.Webhook), "{}"); got.status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("a stranger may try without a limit")
}

func TestAWebhookSendsNoMoreThanACaller(t *testing.T) {
	w := newWorld(t)
	w.engine.on("ReceiveWebhook", func(any) (any, error) { return &workflowv1.ReceiveWebhookResponse{RunId: "run_1"}, nil })
	path := "/hooks/" + id.New(id.Webhook)
	for range 400 {
		if got := w.ask(t, "POST", path, "{}"); got.status == http.StatusTooManyRequests {
			if got.header.Get("Retry-After") == "" {
				t.Errorf("%+v", got)
			}
			return
		}
	}
	t.Error("there is no limit")
}
