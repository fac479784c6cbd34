package modelsim_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/modelsim"
)

// The wire formats are tried by the providers' own SDKs in apps/workflow/internal/model. Here are the parts
// that only people with curl, and tests of several processes, see.

func start(t *testing.T, script modelsim.Script) (*modelsim.Server, string) {
	t.Helper()
	sim := modelsim.New(script)
	url, err := sim.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return sim, url
}

func post(t *testing.T, url, body string) (response answer, data []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	request.Header.Set("X-Api-Key", "any")
	request.Header.Set("Anthropic-Version", "2023-06-01")
	request.Header.Set("X-Client-Request-Id", "call-1")
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if data, err = io.ReadAll(got.Body); err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header}, data
}

type answer struct {
	StatusCode int
	Header     http.Header
}

const hello = `{"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hello"}], "input": [{"role": "user", "content": "Hello"}]}`

func TestAnswersWithoutStreaming(t *testing.T) {
	_, url := start(t, modelsim.Script{})
	for path, want := range map[string]string{
		"/v1/chat/completions": `"content":"[simulated] `, "/v1/responses": `"text":"[simulated] `, "/v1/messages": `"text":"[simulated] `,
	} {
		response, body := post(t, url+path, hello)
		if response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) || response.Header.Get(modelsim.Header) != "true" {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
}

func TestRefusesWhatTheRealOnesRefuse(t *testing.T) {
	sim, url := start(t, modelsim.Script{})
	for _, test := range []struct {
		path, body string
		status     int
	}{
		{"/v1/chat/completions", `{`, 400},
		{"/v1/chat/completions", `{"model": "m"}`, 400},
		{"/v1/chat/completions", `{"model": "m", "messages": [{"role": "tool", "tool_call_id": "x", "content": "1"}]}`, 400},
		{"/v1/chat/completions", `{"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": "x"}]}, {"role": "user", "content": "?"}]}`, 400},
		{"/v1/messages", `{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}`, 400},
		{"/v1/responses", `{"model": "m", "input": [{"type": "function_call_output", "call_id": "x", "output": "1"}]}`, 400},
		{"/v1/responses", strings.Repeat("x", 9<<20), 413},
		{"/v1/models", `{}`, 404},
	} {
		if response, body := post(t, url+test.path, test.body); response.StatusCode != test.status {
			t.Errorf("%s %.60s: %d %s", test.path, test.body, response.StatusCode, body)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/messages", strings.NewReader(hello))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a key: %d", response.StatusCode)
	}
	for _, entry := range sim.Journal() {
		if entry.Outcome != modelsim.Refused {
			t.Errorf("the journal has %+v", entry)
		}
	}
}

func TestJournal(t *testing.T) {
	script, err := modelsim.ParseScript([]byte(`{"rules": [
		{"match": {"user": "wait"}, "reply": {"text": "late", "delay": "1h"}},
		{"match": {"user": "Hello"}, "times": 1, "reply": {"status": 429, "retry_after": "2", "error": "slow"}},
		{"match": {"user": "Hello", "client_request": "call-1", "model": "m", "api": "chat", "tool_results": 0}, "reply": {"text": "Hi", "output_tokens": 7}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, url := start(t, script)
	if response, _ := post(t, url+"/v1/chat/completions", hello); response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") != "2" {
		t.Errorf("got %d %v", response.StatusCode, response.Header)
	}
	if _, body := post(t, url+"/v1/chat/completions", hello); !strings.Contains(string(body), `"Hi"`) {
		t.Errorf("got %s", body)
	}
	client := &http.Client{Timeout: 50 * time.Millisecond}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(strings.ReplaceAll(hello, "Hello", "wait")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	if response, err := client.Do(request); err == nil {
		_ = response.Body.Close()
		t.Fatal("an answer came")
	}
	for sim.Journal()[2].Outcome == modelsim.Open {
		time.Sleep(time.Millisecond)
	}
	response, err := http.Get(url + "/journal")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var outcomes []modelsim.Outcome
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		var entry modelsim.Entry
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, entry.Outcome)
		if entry.Number == 2 && (entry.ClientRequest != "call-1" || entry.OutputTokens != 7 || entry.Ended.IsZero()) {
			t.Errorf("got %+v", entry)
		}
	}
	if len(outcomes) != 3 || outcomes[0] != modelsim.Refused || outcomes[1] != modelsim.Answered || outcomes[2] != modelsim.Abandoned {
		t.Errorf("got %v", outcomes)
	}
}

func TestScriptsAreReadStrictly(t *testing.T) {
	for _, script := range []string{`{"rule": []}`, `{} {}`, `[`, `{"rules": [{"reply": {"delay": "soon"}}]}`, `{"rules": [{"reply": {"delay": "-1s"}}]}`, strings.Repeat(" ", 2<<20)} {
		if _, err := modelsim.ParseScript([]byte(script)); err == nil {
			t.Errorf("%.60s was read", script)
		}
	}
}

func FuzzRequests(f *testing.F) {
	f.Add("/v1/chat/completions", hello)
	f.Add("/v1/responses", `{"model":"m","input":[{"role":"user","content":[{"text":"a"}]}],"stream":true,"text":{"format":{"schema":{"$ref":"#"}}}}`)
	f.Add("/v1/responses", `{"model":"m","input":[{"role":"user","content":"a"}],"text":{"format":{"schema":{"type":"array","minItems":100,"items":{"$ref":"#"}}}}}`)
	f.Add("/v1/messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[]}],"tools":[{"name":"f","input_schema":{"allOf":[{"$ref":"#/x"}],"minItems":1e300}}]}`)
	handler := modelsim.New(modelsim.Script{}).Handler()
	f.Fuzz(func(t *testing.T, path, body string) {
		if path != "/v1/chat/completions" && path != "/v1/responses" && path != "/v1/messages" {
			return
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer any")
		request.Header.Set("X-Api-Key", "any")
		request.Header.Set("Anthropic-Version", "1")
		handler.ServeHTTP(discard{http.Header{}}, request)
	})
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header          { return d.header }
func (discard) Write(data []byte) (int, error) { return len(data), nil }
func (discard) WriteHeader(int)                {}
func (discard) Flush()                         {}
