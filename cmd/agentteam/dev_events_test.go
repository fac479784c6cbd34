package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

func TestNarrator(t *testing.T) {
	var out bytes.Buffer
	show, start := narrator{out: &out}, time.Now()
	for i, e := range []api.Event{
		{Type: "run.queued", Data: json.RawMessage(`{"workflow_id": "wfl_1", "version": 1}`)},
		{Type: "step.started", Step: "write", Data: json.RawMessage(`{"type": "agent", "attempt": 1}`)},
		{Type: "message.started", Step: "write", Data: json.RawMessage(`{"call": 1, "provider": "openai", "model": "gpt-5-mini"}`)},
		{Type: "message.delta", Step: "write", Data: json.RawMessage(`{"call": 1, "text": "lost"}`)},
		{Type: "message.reset", Step: "write", Data: json.RawMessage(`{"call": 1}`)},
		{Type: "message.delta", Step: "write", Data: json.RawMessage(`{"call": 1, "text": "Two\n"}`)},
		{Type: "message.delta", Step: "write", Data: json.RawMessage(`{"call": 1, "text": "lines"}`)},
		{Type: "message.delta", Step: "other", Data: json.RawMessage(`{"call": 1, "text": "not mine"}`)},
		{Type: "message.completed", Step: "write", Data: json.RawMessage(`{"call": 1, "text": "Two\nlines\u001b[2J"}`)},
		{Type: "message.completed", Step: "write", Data: json.RawMessage(`{"call": 2, "text": "", "tool_calls": [{"id": "1", "name": "search"}, {"id": "2", "name": "count"}]}`)},
		{Type: "tool.call", Step: "write", Data: json.RawMessage(`{"call": 3, "tool": "search", "arguments": {"topic": "a"}}`)},
		{Type: "tool.result", Step: "write", Data: json.RawMessage(`{"call": 3, "tool": "search", "status": "succeeded", "result": {"pages": []}}`)},
		{Type: "step.retrying", Step: "write", Data: json.RawMessage(`{"attempt": 1, "failure": {"code": "timeout", "message": "too slow"}}`)},
		{Type: "step.started", Step: "write", Data: json.RawMessage(`{"type": "agent", "attempt": 2}`)},
		{Type: "usage.updated", Data: json.RawMessage(`{"input_tokens": 10, "output_tokens": 2, "cost_micro_usd": 1500, "model_calls": 1, "tool_calls": 3}`)},
		{Type: "approval.requested", Step: "check", Data: json.RawMessage(`{"approval": "apr_1", "kind": "approval", "title": "Send?"}`)},
		{Type: "approval.decided", Step: "check", Data: json.RawMessage(`{"approval": "apr_1", "decision": "approved", "by": {"subject": "u"}}`)},
		{Type: "step.completed", Step: "write", Data: json.RawMessage(`{"output": "` + strings.Repeat("long ", 100) + `"}`)},
		{Type: "run.completed", Data: json.RawMessage(`{"outputs": {"a": 1}}`)},
		{Type: "something.new", Data: json.RawMessage(`[1]`)},
		{Type: "done", Data: json.RawMessage(`{"status": "completed"}`)},
	} {
		e.Time = start.Add(time.Duration(i) * 10 * time.Millisecond)
		show.tell(e)
	}
	want := `   0.00 s  run.queued
   0.01 s  step.started       write          agent
   0.02 s  message.started    write          openai/gpt-5-mini
   0.04 s  message.reset      write
   0.08 s  message.completed  write          Two lines [2J (in 2 pieces)
   0.09 s  message.completed  write          → calls search, count
   0.10 s  tool.call          write          search {"topic":"a"}
   0.11 s  tool.result        write          search succeeded {"pages":[]}
   0.12 s  step.retrying      write          timeout: too slow
   0.13 s  step.started       write          agent, attempt 2
   0.14 s  usage.updated                     10 tokens in, 2 out, 0.001500 USD
   0.15 s  approval.requested check          Send?
   0.16 s  approval.decided   check          approved
   0.17 s  step.completed     write          ` + strings.Repeat("long ", 24)[:119] + `…
   0.18 s  run.completed                     {"a":1}
   0.19 s  something.new                     [1]
   0.20 s  done                              completed
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// gateway answers an approval and keeps what was decided.
func gateway(t *testing.T) (client *api.Client, decided *string) {
	t.Helper()
	decided = new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			*decided = r.URL.Path + " " + string(body)
		}
		_, _ = io.WriteString(w, `{"id": "apr_1", "details": {"text": "what is shown"}}`)
	}))
	t.Cleanup(server.Close)
	return api.New(server.URL, "atk_key"), decided
}

func TestDecide(t *testing.T) {
	const approve, reject = `/v1/approvals/apr_1:approve {"digest":"d1"}`, `/v1/approvals/apr_1:reject {"digest":"d1"}`
	for name, test := range map[string]struct {
		in            string
		yes, terminal bool
		decided, out  string
		fails         string
	}{
		"yes":               {yes: true, decided: approve},
		"nobody to ask":     {out: "/v1/approvals/apr_1:approve -H 'Authorization: Bearer atk_key'"},
		"the person says y": {in: "what?\nY\n", terminal: true, decided: approve, out: "Send? [y/n] Send? [y/n] "},
		"the person says n": {in: "no\n", terminal: true, decided: reject, out: `"text": "what is shown"`},
		"the person leaves": {in: "", terminal: true, fails: "--yes approves"},
	} {
		t.Run(name, func(t *testing.T) {
			client, decided := gateway(t)
			var out bytes.Buffer
			d := decider{client: client, in: strings.NewReader(test.in), out: &out, yes: test.yes, terminal: test.terminal}
			err := d.decide(t.Context(), api.Event{Type: "approval.requested", Data: json.RawMessage(`{"approval": "apr_1", "kind": "approval", "title": "Send?", "digest": "d1"}`)})
			if failed := err != nil; failed != (test.fails != "") || failed && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("error %v, want %q", err, test.fails)
			}
			if *decided != test.decided || !strings.Contains(out.String(), test.out) {
				t.Errorf("decided %q, want %q; printed:\n%s", *decided, test.decided, &out)
			}
		})
	}
}

func TestAQuestionDoesNotHoldUpAnInterrupt(t *testing.T) {
	client, _ := gateway(t)
	silent, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	d := decider{client: client, in: silent, out: io.Discard, terminal: true}
	err := d.decide(ctx, api.Event{Data: json.RawMessage(`{"approval": "apr_1", "kind": "approval"}`)})
	if err == nil || ctx.Err() == nil {
		t.Errorf("decide ended with %v before its context", err)
	}
}
