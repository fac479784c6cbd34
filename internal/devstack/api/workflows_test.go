package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// library keeps one workflow as the gateway does, and the requests that changed something.
type library struct {
	document json.RawMessage
	version  int
	changes  []string
}

func (l *library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method != http.MethodGet {
		l.changes = append(l.changes, r.Method+" "+r.URL.Path)
	}
	answer := map[string]any{"id": "wfl_1", "name": "A", "document": l.document, "published_version": l.version}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/v1/workflows" && l.document != nil:
		answer = map[string]any{"items": []any{map[string]any{"id": "wfl_0", "name": "A and more"}, answer}}
	case r.Method == http.MethodGet && r.URL.Path == "/v1/workflows":
		answer = map[string]any{"items": []any{}}
	case strings.HasSuffix(r.URL.Path, ":publish"):
		l.version++
		answer = map[string]any{"version": l.version}
	case r.Method != http.MethodGet:
		l.document = body
	}
	text, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	_, _ = w.Write(text) // the client says what it got
}

func TestPublishChangesOnlyWhatHasChanged(t *testing.T) {
	var kept library
	server := httptest.NewServer(&kept)
	defer server.Close()
	client := New(server.URL, "key")
	for _, step := range []struct {
		document string
		version  int
		changes  string
	}{
		{`{"name": "A", "n": 1.0}`, 1, "POST /v1/workflows POST /v1/workflows/wfl_1:publish"},
		{`{"n":1.0,   "name": "A"}`, 1, ""},
		{`{"name": "A", "n": 2}`, 2, "PUT /v1/workflows/wfl_1 POST /v1/workflows/wfl_1:publish"},
	} {
		kept.changes = nil
		got, err := client.Publish(t.Context(), []byte(step.document))
		if err != nil || got.ID != "wfl_1" || got.Version != step.version || got.Changed != (step.changes != "") {
			t.Errorf("%s gives %+v, %v", step.document, got, err)
		}
		if changes := strings.Join(kept.changes, " "); changes != step.changes {
			t.Errorf("%s made %q, want %q", step.document, changes, step.changes)
		}
	}
}
