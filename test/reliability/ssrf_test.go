//go:build live

package reliability_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/contract"
)

// TestSSRF lets workflows ask for addresses that are nobody's business, under all their names. A server of this test is at
// the loopback ones, and must not hear of it.
func TestSSRF(t *testing.T) {
	w, engines, _ := start(t, 1, 1)
	w.kill(engines[0]) // it may ask this test's servers
	var heard atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	strict := w.startEngine(contract.OutboundAllow + "=" + contract.Unset)
	refused := []string{
		"http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xA9FEA9FE/", "http://[::ffff:169.254.169.254]/",
		"http://[fd00:ec2::254]/", "http://10.0.0.1/", "http://[64:ff9b::a9fe:a9fe]/",
	}
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		refused = append(refused, "http://"+host+":"+port+"/")
	}
	w.refuse(t, refused)

	// A redirect from a server that an operator has opened by name leads to one that is not.
	w.kill(strict)
	w.startEngine(contract.OutboundAllow + "=localhost")
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) }))
	defer away.Close()
	w.refuse(t, []string{strings.Replace(away.URL, "127.0.0.1", "localhost", 1)})
	if n := heard.Load(); n > 0 {
		t.Errorf("%d requests have reached what must not be reached", n)
	}
}

// refuse runs a workflow that asks for every address, and demands that each step fails for that reason.
func (w *world) refuse(t *testing.T, addresses []string) {
	t.Helper()
	nodes := make([]map[string]any, len(addresses))
	for i, address := range addresses {
		nodes[i] = map[string]any{"id": fmt.Sprintf("ask_%d", i), "type": "http", "on_error": "continue", "timeout": "10s", "config": map[string]string{"method": "GET", "url": address}}
	}
	document, err := json.Marshal(map[string]any{"schema": "agentteam/v1", "name": "Curious", "nodes": nodes, "edges": []any{}})
	if err != nil {
		t.Fatal(err)
	}
	run := w.client.run(w.client.publish(string(document)), map[string]any{})
	w.settle(expected{run: nil}, patience)
	codes := map[string]string{}
	w.query(func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT path, coalesce(failure->>'code', status) FROM steps WHERE run_id = $1`, run)
		if err != nil {
			return err
		}
		var path, code string
		_, err = pgx.ForEachRow(rows, []any{&path, &code}, func() error {
			codes[path] = code
			return nil
		})
		return err
	})
	for i, address := range addresses {
		if code := codes[fmt.Sprintf("ask_%d", i)]; code != "refused_address" {
			t.Errorf("run %s, step ask_%d: %s ended with %q, want refused_address", run, i, address, code)
		}
	}
}
