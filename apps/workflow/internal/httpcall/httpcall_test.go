package httpcall

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
)

func loopback() *Client {
	return NewClient(outbound.NewClient(outbound.Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}), nil)
}

// run takes a step of type http through its program, as the engine does.
func run(t *testing.T, ctx context.Context, client *Client, config string) node.Move { //nolint:revive // t first, as in every helper
	t.Helper()
	move := Program{}.Next(json.RawMessage(config), nil)
	if len(move.Calls) == 0 {
		return move
	}
	call := move.Calls[0]
	var envelope Envelope
	if err := json.Unmarshal(call.Request, &envelope); err != nil {
		t.Fatal(err)
	}
	response, failure := client.Do(ctx, node.CallID{Run: "run_1", Step: "send", Generation: 1, Attempt: 2, Number: call.Number}, *envelope.HTTP)
	result := node.CallResult{Number: 1, Status: node.Succeeded, Response: response, Failure: failure}
	if failure != nil {
		result.Status = node.Failed
	}
	return Program{}.Next(json.RawMessage(config), []node.CallResult{result})
}

func TestRequestsAndAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Set-Cookie", "session=hunter2")
		w.Header()["Date"] = nil
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "uri": r.RequestURI, "type": r.Header.Get("Content-Type"), "key": r.Header.Get("Idempotency-Key"), "x": r.Header.Get("X-Count"), "body": string(body),
		})
	}))
	defer server.Close()
	for _, test := range []struct{ name, config, want string }{
		{"plain", `{"url": "%s/a?b=1"}`, `{"method":"GET","uri":"/a?b=1","type":"","key":"","x":"","body":""}`},
		{"query and headers", `{"method": "get", "url": "%s/?a=1", "query": {"q": "ä&", "n": 2, "l": [true, "x"], "none": null}, "headers": {"X-Count": 3, "X-None": null}}`,
			`{"method":"GET","uri":"/?a=1\u0026l=true\u0026l=x\u0026n=2\u0026q=%%C3%%A4%%26","type":"","key":"","x":"3","body":""}`},
		{"json", `{"method": "POST", "url": "%s", "body": {"a": [1, null]}}`, `{"method":"POST","uri":"/","type":"application/json","key":"run_1/send/1/2/1","x":"","body":"{\"a\":[1,null]}"}`},
		{"text", `{"method": "PUT", "url": "%s", "body": "a=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}`,
			`{"method":"PUT","uri":"/","type":"application/x-www-form-urlencoded","key":"","x":"","body":"a=1"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			move := run(t, t.Context(), loopback(), fmt.Sprintf(test.config, server.URL))
			var got struct {
				Status  int
				Headers map[string]string
				Body    any
			}
			if move.Failure != nil || json.Unmarshal(move.Output, &got) != nil {
				t.Fatalf("got %+v", move)
			}
			var want any
			if err := json.Unmarshal([]byte(strings.ReplaceAll(test.want, "%%", "%")), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Body); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(string(move.Output), "hunter2") || got.Headers["content-type"] == "" || got.Status != 200 {
				t.Errorf("the output is %s", move.Output)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	for _, test := range []struct{ name, mediaType, body, want, code string }{
		{"json", "application/problem+json", `{"a":1}`, `{"a":1}`, ""},
		{"no json after all", "application/json", `{"a":`, `"{\"a\":"`, ""},
		{"text", "text/html", "<p>ä", `"\u003cp\u003eä"`, ""},
		{"nothing", "", "", `""`, ""},
		{"bytes", "image/png", "\x89PNG\xff", "", node.CodeOutput},
		{"too large", "text/plain", strings.Repeat("x", outbound.MaxBody+1), "", node.CodeTooLarge},
		{"too large as JSON", "text/plain", strings.Repeat("\x00", outbound.MaxBody/5), "", node.CodeTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.mediaType)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			move := run(t, t.Context(), loopback(), `{"url": "`+server.URL+`"}`)
			if test.code != "" {
				if move.Failure == nil || move.Failure.Code != test.code || !move.Failure.Final {
					t.Errorf("got %v", move.Failure)
				}
				return
			}
			var got struct{ Body json.RawMessage }
			if err := json.Unmarshal(move.Output, &got); err != nil || string(got.Body) != test.want {
				t.Errorf("got %s, %v, %v", got.Body, err, move.Failure)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(status)
	}))
	defer server.Close()
	for _, test := range []struct {
		status  int
		success string
		fails   bool
		final   bool
		after   time.Duration
	}{
		{204, "", false, false, 0},
		{404, "", true, true, 0},
		{404, "[200, 404]", false, false, 0},
		{200, "[404]", true, true, 0},
		{429, "", true, false, 3 * time.Second},
		{500, "", true, false, 0},
		{503, "", true, false, 3 * time.Second},
	} {
		config := fmt.Sprintf(`{"url": "%s/%d?token=hunter2"}`, server.URL, test.status)
		if test.success != "" {
			config = strings.TrimSuffix(config, "}") + `, "success": ` + test.success + "}"
		}
		failure := run(t, t.Context(), loopback(), config).Failure
		if (failure != nil) != test.fails || failure != nil && (failure.Code != node.CodeHTTPStatus || failure.Final != test.final || failure.RetryAfter != test.after) {
			t.Errorf("%d %s gives %#v", test.status, test.success, failure)
		}
		if failure != nil && strings.Contains(failure.Message, "hunter2") {
			t.Errorf("the message tells the query: %s", failure.Message)
		}
	}
}

func TestFailures(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, test := range []struct {
		name, config, code string
		final              bool
	}{
		{"no answer in time", `{"url": "` + silent.URL + `"}`, node.CodeTimeout, false},
		{"nothing listens", `{"url": "` + gone.URL + `"}`, node.CodeConnection, false},
		{"private", `{"url": "http://10.0.0.1/?hunter2"}`, node.CodeRefusedAddress, true},
		{"disguised", `{"url": "http://0x7f000001/?hunter2"}`, node.CodeRefusedAddress, true},
		{"scheme", `{"url": "file:///etc/hunter2"}`, node.CodeInvalidInput, true},
		{"password", `{"url": "http://user:hunter2@127.0.0.1/"}`, node.CodeInvalidInput, true},
		{"unreadable password", `{"url": "http://user:hunter2%zz@127.0.0.1/"}`, node.CodeInvalidInput, true},
		{"no url", `{}`, node.CodeInvalidInput, true},
		{"method", `{"method": "TRACE", "url": "http://127.0.0.1"}`, node.CodeInvalidInput, true},
		{"host header", `{"url": "http://127.0.0.1", "headers": {"hOst": "hunter2"}}`, node.CodeInvalidInput, true},
		{"line break", `{"url": "http://127.0.0.1", "headers": {"X": "a\r\nhunter2: 1"}}`, node.CodeInvalidInput, true},
		{"header name", `{"url": "http://127.0.0.1", "headers": {"a b": "hunter2"}}`, node.CodeInvalidInput, true},
		{"header list", `{"url": "http://127.0.0.1", "headers": {"a": ["hunter2", "b"]}}`, node.CodeInvalidInput, true},
		{"query object", `{"url": "http://127.0.0.1", "query": {"a": {"hunter2": 1}}}`, node.CodeInvalidInput, true},
		{"long", `{"url": "http://127.0.0.1/` + strings.Repeat("a", maxURL) + `"}`, node.CodeInvalidInput, true},
		{"config", `{"url": 3}`, node.CodeInvalidInput, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			failure := run(t, ctx, loopback(), test.config).Failure
			if failure == nil || failure.Code != test.code || failure.Final != test.final {
				t.Fatalf("got %#v", failure)
			}
			if strings.Contains(failure.Message, "hunter2") && test.name != "scheme" {
				t.Errorf("the message tells a secret: %s", failure.Message)
			}
		})
	}
}

func TestProgram(t *testing.T) {
	for config, want := range map[string]bool{
		`{"url": "u"}`: true, `{"method": "post"}`: false, `{"method": "PATCH"}`: false, `{"method": "DELETE"}`: true,
		`{"method": "POST", "idempotent": true}`: true, `{"idempotent": false}`: false,
	} {
		calls := Program{}.Next(json.RawMessage(config), nil).Calls
		if len(calls) != 1 || calls[0].Idempotent != want || calls[0].Reserve.ToolCalls != 1 {
			t.Errorf("%s gives %+v", config, calls)
		}
	}
	unknown := Program{}.Next(nil, []node.CallResult{{Number: 1, Status: node.Unknown}})
	if unknown.Failure == nil || unknown.Failure.Code != node.CodeOutcomeUnknown || !unknown.Failure.Final {
		t.Errorf("an unknown outcome gives %+v", unknown)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(`{"method": "POST", "url": "http://a/b?c=%zz", "headers": {"a": 1}, "query": {"b": [true]}, "body": "x"}`)
	f.Add(`{"url": "http://[::1%25eth0]:1/", "headers": {"x": "\u0000"}}`)
	f.Fuzz(func(t *testing.T, config string) {
		var request Request
		if json.Unmarshal([]byte(config), &request) != nil {
			return
		}
		made, failure := build(t.Context(), node.CallID{}, request)
		if (made == nil) == (failure == nil) {
			t.Errorf("%v and %v", made, failure)
		}
		if made != nil && made.URL.User != nil {
			t.Error("a password got through")
		}
	})
}

// FuzzDecode reads any answer: what is passed on is JSON, whatever the server says that it is.
func FuzzDecode(f *testing.F) {
	f.Add("application/json; charset=utf-8", []byte(`{"a": 1}`))
	f.Add("application/problem+json", []byte(`{"a": `))
	f.Add("text/plain; x=\"", []byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, contentType string, data []byte) {
		body, failure := decode(http.Header{"Content-Type": {contentType}}, data, "GET http://a")
		if !json.Valid(body) || failure != nil && utf8.Valid(data) {
			t.Errorf("%q of %q gives %q, %v", data, contentType, body, failure)
		}
	})
}
