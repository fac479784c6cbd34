package httpapi

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/telemetry"
)

// serve runs a handler behind the middleware on a real connection.
func serve(t *testing.T, handler http.HandlerFunc) (url string, log *bytes.Buffer) {
	t.Helper()
	log = new(bytes.Buffer)
	measured, err := telemetry.Start(t.Context(), telemetry.Options{Service: "test", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{log: slog.New(telemetry.NewLogHandler(slog.NewJSONHandler(log, nil))), telemetry: measured}
	server := httptest.NewServer(s.observed(handler))
	t.Cleanup(server.Close)
	return server.URL, log
}

func TestAPanicAnswersAProblem(t *testing.T) {
	url, log := serve(t, func(http.ResponseWriter, *http.Request) { panic("a detail for the log alone") })
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	id := response.Header.Get("X-Request-ID")
	if response.StatusCode != http.StatusInternalServerError || !strings.Contains(string(body), `"request_id":"`+id+`"`) || strings.Contains(string(body), "detail for") {
		t.Errorf("%s %s", response.Status, body)
	}
	if text := log.String(); !strings.Contains(text, id) || !strings.Contains(text, "exchange_test.go") || !strings.Contains(text, `"status":500`) {
		t.Errorf("the log does not tell enough:\n%s", text)
	}
}

func TestAPanicCutsAnAnswerThatHasBegun(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic("late")
	})
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the client takes %q for the whole answer, %v", body, err)
	}
}
