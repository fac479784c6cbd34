package httpapi_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/internal/identity"
)

const wanted = `{"description":"Greet","provider":"openai","model":"m"}`

func TestWritingIsStreamed(t *testing.T) {
	w := newWorld(t)
	w.engine.writing = func(_ context.Context, send func(kind, data string) error) error {
		_ = send("attempt.started", "{\"attempt\":1,\n\"model\":\"m\"}")
		return send("done", `{"attempts":1}`)
	}
	got := w.ask(t, "POST", "/v1/workflows:generate", wanted)
	if want := "event: attempt.started\ndata: {\"attempt\":1, \"model\":\"m\"}\n\nevent: done\ndata: {\"attempts\":1}\n\n"; got.body != want || got.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%+v", got)
	}
	for _, body := range []string{
		`{"description":"","provider":"openai","model":"m"}`, `{"description":"x","provider":"mistral","model":"m"}`, `{"description":"x","provider":"openai"}`,
		`{"description":"x","provider":"openai","model":"m","max_attempts":6}`, `{"description":"x","provider":"openai","model":"m","budget":{"usd":-1}}`,
	} {
		wellFormed(t, body, w.ask(t, "POST", "/v1/workflows:generate", body), 422, "invalid")
	}
	wellFormed(t, "a draft that was changed", w.ask(t, "POST", "/v1/workflows/wfl_1:refine", `{"instruction":"x","provider":"openai","model":"m"}`, `If-Match: "3"`), 412, "revision_mismatch")
}

func TestWhatIsRefusedIsNoStream(t *testing.T) {
	w := newWorld(t)
	w.engine.writing = func(context.Context, func(kind, data string) error) error {
		return status.Error(codes.Unavailable, "no")
	}
	wellFormed(t, "no engine", w.ask(t, "POST", "/v1/workflows:generate", wanted), 503, "dependency_unavailable")
}

// A stream that was cut says so, is no whole answer, and can be asked for again with the same key.
func TestCutWritingIsNotKept(t *testing.T) {
	w := newWorld(t)
	asked := 0
	w.engine.writing = func(_ context.Context, send func(kind, data string) error) error {
		asked++
		_ = send("attempt.started", `{}`)
		return status.Error(codes.Unavailable, "the engine is being replaced")
	}
	for range 2 {
		body, err := w.read(t, "Idempotency-Key: k1")
		if err == nil || !strings.Contains(body, "event: failed\ndata: {\"code\":\"dependency_unavailable\"") {
			t.Errorf("%q, %v", body, err)
		}
	}
	if asked != 2 {
		t.Errorf("the engine was asked %d times", asked)
	}
}

// read sends the request and takes what comes of the answer.
func (w *world) read(t *testing.T, header string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	response := w.generate(ctx, t, header)
	defer response.Body.Close()
	var text strings.Builder
	_, err := bufio.NewReader(response.Body).WriteTo(&text)
	return text.String(), err
}

func (w *world) generate(ctx context.Context, t *testing.T, header string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/v1/workflows:generate", strings.NewReader(wanted))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.keys[identity.Admin])
	request.Header.Set("Content-Type", "application/json")
	if name, value, found := strings.Cut(header, ": "); found {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestAClientWhoLeavesEndsTheWriting(t *testing.T) {
	w := newWorld(t)
	left := make(chan struct{})
	w.engine.writing = func(ctx context.Context, send func(kind, data string) error) error {
		_ = send("attempt.started", `{}`)
		<-ctx.Done()
		close(left)
		return ctx.Err()
	}
	ctx, leave := context.WithCancel(t.Context())
	response := w.generate(ctx, t, "")
	defer response.Body.Close()
	if line, err := bufio.NewReader(response.Body).ReadString('\n'); err != nil || line != "event: attempt.started\n" {
		t.Fatal(line, err)
	}
	leave()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the engine still writes")
	}
}
