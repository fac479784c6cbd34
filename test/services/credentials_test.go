//go:build live

package services_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// keep stores a bearer token for one origin and gives the credential's id.
func keep(t *testing.T, c *api.Client, name, origin, token string) string {
	t.Helper()
	var made struct{ ID string }
	err := c.Post(t.Context(), "/v1/credentials", map[string]any{"name": name, "kind": "bearer", "origins": []string{origin}, "value": token}, &made)
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// usingCredential has an http node and an agent, each of which sends the credential.
//
//nolint:gosec // a document, without a secret
const usingCredential = `{"schema": "agentteam/v1", "name": "Use a token", "inputs": {"type": "object"},
	"outputs": {"fetched": "${{ nodes.fetch.output.body }}", "text": "${{ nodes.work.output.text }}"},
	"nodes": [
		{"id": "fetch", "type": "http", "config": {"url": "%[1]s/fetch", "credential": "%[2]s"}},
		{"id": "work", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Look it up", "tools": [
			{"type": "http", "name": "look_up", "url": "${{ args.url }}", "credential": "%[2]s",
			 "parameters": {"type": "object", "properties": {"url": {"type": "string", "default": "%[3]s/tool"}}, "required": ["url"]}}]}}
	],
	"edges": [{"from": "fetch", "to": "work"}]}`

// echo remembers the tokens that it got by path, and answers with them.
type echo struct {
	mu  sync.Mutex
	got map[string]string
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got[r.URL.Path] = r.Header.Get("Authorization")
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "you sent %q", r.Header.Get("Authorization")) //nolint:gosec // text, to a program
}

func TestACredentialIsInItsCallAlone(t *testing.T) {
	c := newClient(t)
	const token = "hunter2-of-this-test-alone"
	home, thief := &echo{got: map[string]string{}}, &echo{got: map[string]string{}}
	server, elsewhere := httptest.NewServer(home), httptest.NewServer(thief)
	defer server.Close()
	defer elsewhere.Close()
	credential := keep(t, c, "Tracker", server.URL, token)

	run := start(t, c, publish(t, c, fmt.Sprintf(usingCredential, server.URL, credential, server.URL)), `{}`)
	follow(t, c, run, nil)
	if home.got["/fetch"] != "Bearer "+token || home.got["/tool"] != "Bearer "+token {
		t.Errorf("the server got %v", home.got)
	}
	got, err := c.Run(t.Context(), run)
	if err != nil || got.Status != "completed" || !strings.Contains(string(got.Outputs), "[redacted]") {
		t.Errorf("the run is %+v with %s, %v", got, got.Outputs, err)
	}

	// A model that was talked into sending it elsewhere.
	run = start(t, c, publish(t, c, fmt.Sprintf(usingCredential, server.URL, credential, elsewhere.URL)), `{}`)
	events := follow(t, c, run, nil)
	if len(thief.got) > 0 {
		t.Errorf("another server was asked: %v", thief.got)
	}
	if told := texts(events); !strings.Contains(told, "is not for "+elsewhere.URL) {
		t.Errorf("nobody is told that the call was refused:\n%s", told)
	}
	wantNowhere(t, token)
}

// texts are the events with their data, a line each.
func texts(events []api.Event) string {
	var lines strings.Builder
	for _, e := range events {
		fmt.Fprintf(&lines, "%s %s\n", e.Type, e.Data)
	}
	return lines.String()
}

// wantNowhere looks for a secret in every row of the database and in every log.
func wantNowhere(t *testing.T, secret string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), stack.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 15 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	seen := 0
	for _, table := range tables {
		var all, hits int
		query := `SELECT count(*), count(*) FILTER (WHERE position($1 IN row::text) > 0 OR position(encode($1::bytea, 'hex') IN row::text) > 0) FROM ` + table + ` AS row`
		if err := conn.QueryRow(t.Context(), query, secret).Scan(&all, &hits); err != nil {
			t.Fatal(table, err)
		}
		if seen += all; hits > 0 {
			t.Errorf("%d rows of %s hold the secret", hits, table)
		}
	}
	logs, err := filepath.Glob(filepath.Join(folder, "logs", "*"))
	if err != nil || len(logs) < 2 || seen < 20 {
		t.Fatalf("the search sees %d rows and the logs %v, %v", seen, logs, err)
	}
	for _, file := range logs {
		if content, err := os.ReadFile(file); err != nil || strings.Contains(string(content), secret) {
			t.Errorf("%s holds the secret, or cannot be read: %v", file, err)
		}
	}
}

func TestARunMayNotDecideForItself(t *testing.T) {
	c := newClient(t)
	credential := keep(t, c, "Our own API", stack.Gateway, c.Key)
	document := fmt.Sprintf(`{"schema": "agentteam/v1", "name": "Approve myself", "inputs": {"type": "object"},
		"nodes": [{"id": "ask", "type": "approval", "config": {"title": "Go on?"}},
			{"id": "look", "type": "http", "config": {"url": "%[1]s/v1/approvals?run_id=${{ run.id }}", "credential": "%[2]s"}},
			{"id": "decide", "type": "http", "config": {"method": "POST", "url": "%[1]s/v1/approvals/${{ nodes.look.output.body.items[0].id }}:approve", "credential": "%[2]s",
				"headers": {"Agent-Team-Run": ""}, "body": {"digest": "${{ nodes.look.output.body.items[0].digest }}"}, "success": [403]}},
			{"id": "key", "type": "http", "config": {"method": "POST", "url": "%[1]s/v1/api-keys", "credential": "%[2]s", "body": {"name": "x", "role": "admin"}, "success": [403]}},
			{"id": "tell", "type": "input", "config": {"title": "What did it get?", "schema": {"type": "object"}}}],
		"edges": [{"from": "look", "to": "decide"}, {"from": "decide", "to": "key"}, {"from": "key", "to": "tell"}]}`, stack.Gateway, credential)
	run := start(t, c, publish(t, c, document), `{}`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	awaitStatus(ctx, t, c, run, "paused")
	var approvals struct{ Items []api.Approval }
	if err := c.Get(t.Context(), "/v1/approvals?status=pending&run_id="+run, &approvals); err != nil || len(approvals.Items) != 2 {
		t.Fatalf("%d approvals are pending, want the run's own and the form after its try: %v", len(approvals.Items), err)
	}
}
